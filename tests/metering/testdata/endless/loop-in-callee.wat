;; The loop is in a function of a function.
(module
  (func $endless (loop (br 0)))
  (func $middle (call $endless))
  (func (export "run") (call $middle)))
