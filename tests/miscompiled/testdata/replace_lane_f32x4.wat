;; arm64: as replace_lane_f64x2.wat, with `ins`. Its allocator takes the registers
;; of arguments last, so all others have to be in use: $a0 to $a33.
;; t(10, 3) is 3 + -10.
(module
  (func $same (param v128) (result v128) (local.get 0))
  (func $last (param f32) (result f32) (local.get 0))
  (func (export "t") (param f32 f32) (result f32)
    (local $x f32) (local $v v128) (local $sum f32)
    (local $a0 f32) (local $a1 f32) (local $a2 f32) (local $a3 f32) (local $a4 f32) (local $a5 f32)
    (local $a6 f32) (local $a7 f32) (local $a8 f32) (local $a9 f32) (local $a10 f32)
    (local $a11 f32) (local $a12 f32) (local $a13 f32) (local $a14 f32) (local $a15 f32)
    (local $a16 f32) (local $a17 f32) (local $a18 f32) (local $a19 f32) (local $a20 f32)
    (local $a21 f32) (local $a22 f32) (local $a23 f32) (local $a24 f32) (local $a25 f32)
    (local $a26 f32) (local $a27 f32) (local $a28 f32) (local $a29 f32) (local $a30 f32)
    (local $a31 f32) (local $a32 f32) (local $a33 f32)
    (local.set $x (f32.neg (local.get 0)))
    (local.set $v (call $same (f32x4.splat (local.get 1))))
    (local.set $a0 (f32.neg (local.get 1)))
    (local.set $a1 (f32.neg (local.get $a0)))
    (local.set $a2 (f32.neg (local.get $a1)))
    (local.set $a3 (f32.neg (local.get $a2)))
    (local.set $a4 (f32.neg (local.get $a3)))
    (local.set $a5 (f32.neg (local.get $a4)))
    (local.set $a6 (f32.neg (local.get $a5)))
    (local.set $a7 (f32.neg (local.get $a6)))
    (local.set $a8 (f32.neg (local.get $a7)))
    (local.set $a9 (f32.neg (local.get $a8)))
    (local.set $a10 (f32.neg (local.get $a9)))
    (local.set $a11 (f32.neg (local.get $a10)))
    (local.set $a12 (f32.neg (local.get $a11)))
    (local.set $a13 (f32.neg (local.get $a12)))
    (local.set $a14 (f32.neg (local.get $a13)))
    (local.set $a15 (f32.neg (local.get $a14)))
    (local.set $a16 (f32.neg (local.get $a15)))
    (local.set $a17 (f32.neg (local.get $a16)))
    (local.set $a18 (f32.neg (local.get $a17)))
    (local.set $a19 (f32.neg (local.get $a18)))
    (local.set $a20 (f32.neg (local.get $a19)))
    (local.set $a21 (f32.neg (local.get $a20)))
    (local.set $a22 (f32.neg (local.get $a21)))
    (local.set $a23 (f32.neg (local.get $a22)))
    (local.set $a24 (f32.neg (local.get $a23)))
    (local.set $a25 (f32.neg (local.get $a24)))
    (local.set $a26 (f32.neg (local.get $a25)))
    (local.set $a27 (f32.neg (local.get $a26)))
    (local.set $a28 (f32.neg (local.get $a27)))
    (local.set $a29 (f32.neg (local.get $a28)))
    (local.set $a30 (f32.neg (local.get $a29)))
    (local.set $a31 (f32.neg (local.get $a30)))
    (local.set $a32 (f32.neg (local.get $a31)))
    (local.set $a33 (f32.neg (local.get $a32)))
    (f32x4.extract_lane 3 (f32x4.replace_lane 1 (local.get $v) (local.get $x)))
    (call $last (local.get $x))
    f32.add
    ;; The sum of $a0 to $a33 is 0.
    (local.get $a0)
    local.get $a1 f32.add local.get $a2 f32.add local.get $a3 f32.add local.get $a4 f32.add
    local.get $a5 f32.add local.get $a6 f32.add local.get $a7 f32.add local.get $a8 f32.add
    local.get $a9 f32.add local.get $a10 f32.add local.get $a11 f32.add local.get $a12 f32.add
    local.get $a13 f32.add local.get $a14 f32.add local.get $a15 f32.add local.get $a16 f32.add
    local.get $a17 f32.add local.get $a18 f32.add local.get $a19 f32.add local.get $a20 f32.add
    local.get $a21 f32.add local.get $a22 f32.add local.get $a23 f32.add local.get $a24 f32.add
    local.get $a25 f32.add local.get $a26 f32.add local.get $a27 f32.add local.get $a28 f32.add
    local.get $a29 f32.add local.get $a30 f32.add local.get $a31 f32.add local.get $a32 f32.add
    local.get $a33 f32.add
    f32.add))
