;; A function that does nothing is called for ever.
(module
  (func $nothing)
  (func (export "run") (loop (call $nothing) (br 0))))
