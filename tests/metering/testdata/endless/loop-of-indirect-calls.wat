;; A function is called by way of a table for ever.
(module
  (table $t 8 64 funcref)
  (elem (i32.const 0) $nothing)
  (func $nothing)
  (func (export "run") (loop (call_indirect $t (i32.const 0)) (br 0))))
