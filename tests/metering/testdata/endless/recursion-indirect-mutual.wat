;; A function of a table calls one that calls the table.
(module
  (type $v (func))
  (table $t 8 64 funcref)
  (elem declare func $a)
  (func $a (call $b))
  (func $b (call_indirect $t (type $v) (i32.const 5)))
  (func (export "run") (table.set $t (i32.const 5) (ref.func $a)) (call $a)))
