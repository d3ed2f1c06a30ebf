;; A table makes the start function call itself.
(module
  (table $t 8 64 funcref)
  (elem (i32.const 0) $start)
  (func $start (call_indirect $t (i32.const 0)))
  (start $start)
  (func (export "run")))
