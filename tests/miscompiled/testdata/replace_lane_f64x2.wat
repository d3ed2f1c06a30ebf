;; amd64: movsd keeps the upper half of its destination, which the allocator does
;; not know. $x was spilled by the call and wants xmm0, for the next call; $v is
;; there. t(10, 3) is 3 + -10.
(module
  (func $same (param v128) (result v128) (local.get 0))
  (func $last (param f64) (result f64) (local.get 0))
  (func (export "t") (param f64 f64) (result f64)
    (local $x f64) (local $v v128)
    (local.set $x (f64.neg (local.get 0)))
    (local.set $v (call $same (f64x2.splat (local.get 1))))
    (f64.add
      (f64x2.extract_lane 1 (f64x2.replace_lane 0 (local.get $v) (local.get $x)))
      (call $last (local.get $x)))))
