;; amd64: a temporary that is changed in place is in the register that $x has at the
;; start of the loop, and has to have at its end. The next reload of $x pushes it out,
;; and what is read later is what was stored before the change.
(module
  (func $clobber)
  (func (export "t") (param i64) (result i64)
    (local $x v128) (local $v v128) (local $w v128) (local $n i32) (local $sum f64) (local $or i64)
    (local $a0 f64) (local $a1 f64) (local $a2 f64) (local $a3 f64) (local $a4 f64) (local $a5 f64)
    (local $a6 f64) (local $a7 f64) (local $a8 f64) (local $a9 f64) (local $a10 f64)
    (local $a11 f64) (local $a12 f64) (local $a13 f64) (local $a14 f64) (local $a15 f64)
    (local $a16 f64) (local $a17 f64) (local $a18 f64) (local $a19 f64) (local $a20 f64)
    (local $a21 f64) (local $a22 f64) (local $a23 f64) (local $a24 f64) (local $a25 f64)
    (local $a26 f64) (local $a27 f64) (local $a28 f64) (local $a29 f64) (local $a30 f64)
    (local $a31 f64) (local $a32 f64) (local $a33 f64)
    (local.set $v (v128.const i64x2 0x123456789 0x3cafe000000babe))
    (local.set $x (i64x2.splat (local.get 0)))
    (block $done
      (loop $again
        (br_if $done (i32.eq (local.get $n) (i32.const 3)))
        (local.set $n (i32.add (local.get $n) (i32.const 1)))
        (call $clobber)
    (local.set $a0 (f64.neg (f64.const 1)))
    (local.set $a1 (f64.neg (local.get $a0)))
    (local.set $a2 (f64.neg (local.get $a1)))
    (local.set $a3 (f64.neg (local.get $a2)))
    (local.set $a4 (f64.neg (local.get $a3)))
    (local.set $a5 (f64.neg (local.get $a4)))
    (local.set $a6 (f64.neg (local.get $a5)))
    (local.set $a7 (f64.neg (local.get $a6)))
    (local.set $a8 (f64.neg (local.get $a7)))
    (local.set $a9 (f64.neg (local.get $a8)))
    (local.set $a10 (f64.neg (local.get $a9)))
    (local.set $a11 (f64.neg (local.get $a10)))
    (local.set $a12 (f64.neg (local.get $a11)))
    (local.set $a13 (f64.neg (local.get $a12)))
    (local.set $a14 (f64.neg (local.get $a13)))
    (local.set $a15 (f64.neg (local.get $a14)))
    (local.set $a16 (f64.neg (local.get $a15)))
    (local.set $a17 (f64.neg (local.get $a16)))
    (local.set $a18 (f64.neg (local.get $a17)))
    (local.set $a19 (f64.neg (local.get $a18)))
    (local.set $a20 (f64.neg (local.get $a19)))
    (local.set $a21 (f64.neg (local.get $a20)))
    (local.set $a22 (f64.neg (local.get $a21)))
    (local.set $a23 (f64.neg (local.get $a22)))
    (local.set $a24 (f64.neg (local.get $a23)))
    (local.set $a25 (f64.neg (local.get $a24)))
    (local.set $a26 (f64.neg (local.get $a25)))
    (local.set $a27 (f64.neg (local.get $a26)))
    (local.set $a28 (f64.neg (local.get $a27)))
    (local.set $a29 (f64.neg (local.get $a28)))
    (local.set $a30 (f64.neg (local.get $a29)))
    (local.set $a31 (f64.neg (local.get $a30)))
    (local.set $a32 (f64.neg (local.get $a31)))
    (local.set $a33 (f64.neg (local.get $a32)))
        (local.set $w (i64x2.mul (local.get $x) (local.get $v)))
    (local.get $a0)
    local.get $a1 f64.add local.get $a2 f64.add local.get $a3 f64.add local.get $a4 f64.add
    local.get $a5 f64.add local.get $a6 f64.add local.get $a7 f64.add local.get $a8 f64.add
    local.get $a9 f64.add local.get $a10 f64.add local.get $a11 f64.add local.get $a12 f64.add
    local.get $a13 f64.add local.get $a14 f64.add local.get $a15 f64.add local.get $a16 f64.add
    local.get $a17 f64.add local.get $a18 f64.add local.get $a19 f64.add local.get $a20 f64.add
    local.get $a21 f64.add local.get $a22 f64.add local.get $a23 f64.add local.get $a24 f64.add
    local.get $a25 f64.add local.get $a26 f64.add local.get $a27 f64.add local.get $a28 f64.add
    local.get $a29 f64.add local.get $a30 f64.add local.get $a31 f64.add local.get $a32 f64.add
    local.get $a33 f64.add
        local.set $sum
        (local.set $or (i64.or (local.get $or)
          (i64x2.extract_lane 0 (v128.or (local.get $v) (local.get $x)))))
        (br $again)))
    ;; $sum is 0.
    (i64.add (i64.add (i64.trunc_sat_f64_s (local.get $sum)) (local.get $or))
      (i64.xor (i64x2.extract_lane 0 (local.get $w)) (i64.rotl (i64x2.extract_lane 1 (local.get $w)) (i64.const 1))))))
