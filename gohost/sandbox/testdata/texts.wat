;; Takes a list<string>, and returns the address of the last.
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 1024))
  ;; Never returns for 7 bytes, and takes a page of memory for each string of 9.
  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (if (i32.eq (local.get $size) (i32.const 7)) (then (loop $forever (br $forever))))
    (if (i32.eq (local.get $size) (i32.const 9))
      (then
        (local.set $at (memory.grow (i32.const 1)))
        (if (i32.eq (local.get $at) (i32.const -1)) (then (unreachable)))
        (return (i32.shl (local.get $at) (i32.const 16)))))
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "last") (param $list i32) (param $count i32) (result i32)
    (i32.load (i32.add (local.get $list) (i32.shl (i32.sub (local.get $count) (i32.const 1)) (i32.const 3)))))
  (func (export "cabi_post_last") (param i32) (global.set $next (i32.const 1024))))
