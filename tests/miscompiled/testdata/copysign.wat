;; As select.wat: copysign keeps a temporary that it changes in place, and that
;; is spilled before the change.
;; t(10, 3, 0) is copysign(-10, 3) + -10 = 0.
(module
  (func $clobber)
  (func $same (param f64) (result f64) (local.get 0))
  (func (export "t") (param f64 f64 i32) (result f64)
    (local $x f64) (local $y f64)
    (local.set $x (f64.neg (local.get 0)))
    (local.set $y (f64.abs (local.get 1)))
    (call $clobber)
    (f64.add
      (f64.copysign (local.get $x) (local.get $y))
      (call $same (local.get $x)))))
