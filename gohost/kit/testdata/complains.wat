;; As fixed, but realloc begins to print a message where it is to move memory.
(module
  (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $get-stderr (result i32)))
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  (func $allocate (param $align i32) (param $size i32) (result i32)
    (local $at i32) (local $pages i32)
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.set $pages
      (i32.sub
        (i32.add (i32.shr_u (global.get $next) (i32.const 16)) (i32.const 1))
        (memory.size)))
    (if (i32.gt_s (local.get $pages) (i32.const 0))
      (then (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then unreachable))))
    (local.get $at))
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (if (local.get $old) (then (drop (call $get-stderr))))
    (call $allocate (local.get $align) (local.get $size)))
  (func (export "f") (param $at i32) (param $length i32) (result i32)
    (local $result i32)
    (local.set $result (call $allocate (i32.const 4) (i32.const 8)))
    (i32.store (local.get $result) (local.get $at))
    (i32.store offset=4 (local.get $result) (local.get $length))
    (local.get $result))
  (func (export "cabi_post_f") (param i32)
    (global.set $next (i32.const 1024))))
