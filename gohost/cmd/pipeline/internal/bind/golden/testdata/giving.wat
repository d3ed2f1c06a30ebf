;; Keeps what it is given. Its realloc fails when it has given away 1 KiB.
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $next))
    (global.set $next (i32.and (i32.add (i32.add (local.get $at) (local.get $size)) (i32.const 15)) (i32.const -8)))
    (if (i32.gt_u (global.get $next) (i32.const 2048)) (then unreachable))
    (local.get $at))
  (func (export "test:giving/keeper@1.0.0#keep") (param i32 i32 i32 i32 i32 i32 i32 i32 i32)))
