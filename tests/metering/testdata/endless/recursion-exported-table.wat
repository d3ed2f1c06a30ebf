;; Through a table that the host could write to.
(module
  (table $t (export "table") 8 64 funcref)
  (elem (i32.const 0) $a $b)
  (func $a (call_indirect $t (i32.const 1)))
  (func $b (call_indirect $t (i32.const 0)))
  (func (export "run") (call $a)))
