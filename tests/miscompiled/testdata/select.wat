;; $x is spilled by the call. Its reload takes the register of the conditional
;; move's destination, which holds $y: with a false condition $y is lost.
;; t(10, 3, 0) is -3 + -10 = -13.
(module
  (func $clobber)
  (func $same (param f64) (result f64) (local.get 0))
  (func (export "t") (param f64 f64 i32) (result f64)
    (local $x f64) (local $y f64)
    (local.set $x (f64.neg (local.get 0)))
    (local.set $y (f64.neg (local.get 1)))
    (call $clobber)
    (f64.add
      (select (local.get $x) (local.get $y) (local.get 2))
      (call $same (local.get $x)))))
