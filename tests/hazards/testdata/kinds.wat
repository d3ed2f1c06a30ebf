;; Every instruction that hardening rewrites, between functions that it leaves.
(module
  (func $plain (param i32) (result i32)
    (select (local.get 0) (i32.const 7) (local.get 0)))
  (func (export "f32") (param f32 f32 i32) (result f32) (local i32 i64)
    (f32.copysign
      (select (local.get 0) (local.get 1) (local.get 2))
      (select (result f32) (local.get 1) (local.get 0) (local.get 2))))
  (func (export "f64") (param f64 f64 i32) (result f64) (local f32)
    (f64.copysign
      (select (local.get 0) (local.get 1) (local.get 2))
      (select (result f64) (local.get 1) (local.get 0) (local.get 2))))
  (func $between (param i64) (result i64)
    (select (local.get 0) (i64.const 7) (i32.const 0)))
  (func (export "v128") (param f64 f64 i32) (result f64)
    (f64x2.extract_lane 1
      (v128.bitselect
        (select (f64x2.splat (local.get 0)) (f64x2.splat (local.get 1)) (local.get 2))
        (select (result v128)
          (f64x2.splat (local.get 1)) (f64x2.splat (local.get 0)) (local.get 2))
        (v128.const i64x2 0xff 0xff00))))
  (func $behind (result funcref)
    (select (result funcref) (ref.null func) (ref.func $plain) (i32.const 1)))
  (elem declare func $plain))
