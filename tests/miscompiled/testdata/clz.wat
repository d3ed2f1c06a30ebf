;; amd64 without LZCNT (before Haswell): as convert_i64_u.wat, in the branch for
;; anything but 0. t(7) is 64, 0 ^ 1, and the sum of $a0 to $a33, each 7.
(module
  (func $clobber)
  (func (export "t") (param i64) (result i64)
    (local $n i64) (local $z f64) (local $sum i64)
    (local $a0 i64) (local $a1 i64) (local $a2 i64) (local $a3 i64) (local $a4 i64) (local $a5 i64)
    (local $a6 i64) (local $a7 i64) (local $a8 i64) (local $a9 i64) (local $a10 i64)
    (local $a11 i64) (local $a12 i64) (local $a13 i64) (local $a14 i64) (local $a15 i64)
    (local $a16 i64) (local $a17 i64) (local $a18 i64) (local $a19 i64) (local $a20 i64)
    (local $a21 i64) (local $a22 i64) (local $a23 i64) (local $a24 i64) (local $a25 i64)
    (local $a26 i64) (local $a27 i64) (local $a28 i64) (local $a29 i64) (local $a30 i64)
    (local $a31 i64) (local $a32 i64) (local $a33 i64)
    (local.set $n (i64.shr_u (local.get 0) (i64.const 32)))
    (call $clobber)
    (local.set $a0 (i64.extend8_s (local.get 0)))
    (local.set $a1 (i64.extend8_s (local.get $a0)))
    (local.set $a2 (i64.extend8_s (local.get $a1)))
    (local.set $a3 (i64.extend8_s (local.get $a2)))
    (local.set $a4 (i64.extend8_s (local.get $a3)))
    (local.set $a5 (i64.extend8_s (local.get $a4)))
    (local.set $a6 (i64.extend8_s (local.get $a5)))
    (local.set $a7 (i64.extend8_s (local.get $a6)))
    (local.set $a8 (i64.extend8_s (local.get $a7)))
    (local.set $a9 (i64.extend8_s (local.get $a8)))
    (local.set $a10 (i64.extend8_s (local.get $a9)))
    (local.set $a11 (i64.extend8_s (local.get $a10)))
    (local.set $a12 (i64.extend8_s (local.get $a11)))
    (local.set $a13 (i64.extend8_s (local.get $a12)))
    (local.set $a14 (i64.extend8_s (local.get $a13)))
    (local.set $a15 (i64.extend8_s (local.get $a14)))
    (local.set $a16 (i64.extend8_s (local.get $a15)))
    (local.set $a17 (i64.extend8_s (local.get $a16)))
    (local.set $a18 (i64.extend8_s (local.get $a17)))
    (local.set $a19 (i64.extend8_s (local.get $a18)))
    (local.set $a20 (i64.extend8_s (local.get $a19)))
    (local.set $a21 (i64.extend8_s (local.get $a20)))
    (local.set $a22 (i64.extend8_s (local.get $a21)))
    (local.set $a23 (i64.extend8_s (local.get $a22)))
    (local.set $a24 (i64.extend8_s (local.get $a23)))
    (local.set $a25 (i64.extend8_s (local.get $a24)))
    (local.set $a26 (i64.extend8_s (local.get $a25)))
    (local.set $a27 (i64.extend8_s (local.get $a26)))
    (local.set $a28 (i64.extend8_s (local.get $a27)))
    (local.set $a29 (i64.extend8_s (local.get $a28)))
    (local.set $a30 (i64.extend8_s (local.get $a29)))
    (local.set $a31 (i64.extend8_s (local.get $a30)))
    (local.set $a32 (i64.extend8_s (local.get $a31)))
    (local.set $a33 (i64.extend8_s (local.get $a32)))
    (local.set $z (f64.convert_i64_s (i64.clz (local.get $n))))
    (local.get $a0)
    local.get $a1 i64.add local.get $a2 i64.add local.get $a3 i64.add local.get $a4 i64.add
    local.get $a5 i64.add local.get $a6 i64.add local.get $a7 i64.add local.get $a8 i64.add
    local.get $a9 i64.add local.get $a10 i64.add local.get $a11 i64.add local.get $a12 i64.add
    local.get $a13 i64.add local.get $a14 i64.add local.get $a15 i64.add local.get $a16 i64.add
    local.get $a17 i64.add local.get $a18 i64.add local.get $a19 i64.add local.get $a20 i64.add
    local.get $a21 i64.add local.get $a22 i64.add local.get $a23 i64.add local.get $a24 i64.add
    local.get $a25 i64.add local.get $a26 i64.add local.get $a27 i64.add local.get $a28 i64.add
    local.get $a29 i64.add local.get $a30 i64.add local.get $a31 i64.add local.get $a32 i64.add
    local.get $a33 i64.add
    local.set $sum
    (i64.add
      (i64.add (local.get $sum) (i64.xor (local.get $n) (i64.const 1)))
      (i64.trunc_sat_f64_u (local.get $z)))))
