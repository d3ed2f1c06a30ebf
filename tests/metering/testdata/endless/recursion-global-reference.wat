;; A function that only a global names is put into a table.
(module
  (table $t 8 64 funcref)
  (global $g funcref (ref.func $a))
  (func $a (call_indirect $t (i32.const 0)))
  (func (export "run") (table.set $t (i32.const 0) (global.get $g)) (call_indirect $t (i32.const 0))))
