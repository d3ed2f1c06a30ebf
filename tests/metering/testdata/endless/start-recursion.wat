;; The start function calls itself.
(module
  (func $start (call $start))
  (start $start)
  (func (export "run")))
