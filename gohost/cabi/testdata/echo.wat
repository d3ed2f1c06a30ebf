;; A guest whose results are what the host lowered: the test writes any result
;; it likes, right or wrong, as an argument.
(module
  (memory (export "memory") 1 100)
  (global $next (export "next") (mut i32) (i32.const 1024))
  ;; What the host did, for the test to see.
  (global $reallocs (export "reallocs") (mut i32) (i32.const 0))
  (global $posts (export "posts") (mut i32) (i32.const 0))
  (global $posted (export "posted") (mut i32) (i32.const 0))

  ;; Grows by bumping; the old block is never given, since the host only
  ;; allocates. Traps unless it is called as the canonical ABI says.
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (if (i32.or (local.get $old) (local.get $old-size)) (then unreachable))
    (global.set $reallocs (i32.add (global.get $reallocs) (i32.const 1)))
    (local.set $at
      (i32.and
        (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (loop $more
        (br_if $fits (i32.le_u (global.get $next) (i32.shl (memory.size) (i32.const 16))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $at))

  ;; The result is at the argument's own address.
  (func (export "argument") (param $ptr i32) (param $len i32) (result i32)
    (local.get $ptr))
  ;; Counts, and makes the result unreadable: whoever reads it later is found out.
  (func (export "cabi_post_argument") (param $ret i32)
    (global.set $posts (i32.add (global.get $posts) (i32.const 1)))
    (global.set $posted (local.get $ret))
    (memory.fill (i32.const 1024) (i32.const 0xff) (i32.const 8192)))

  ;; The result is at the address that the argument holds.
  (func (export "address") (param $ptr i32) (param $len i32) (result i32)
    (i32.load (local.get $ptr)))

  ;; The result is the list that was given, with memory grown in between.
  (func (export "grown") (param $ptr i32) (param $len i32) (result i32)
    (drop (memory.grow (i32.const 3)))
    (i32.store (i32.const 16) (local.get $ptr))
    (i32.store (i32.const 20) (local.get $len))
    (i32.const 16))

  ;; The second of two lists, so that both must have been lowered in order.
  (func (export "second") (param i32 i32) (param $ptr i32) (param $len i32) (result i32)
    (i32.store (i32.const 16) (local.get $ptr))
    (i32.store (i32.const 20) (local.get $len))
    (i32.const 16))

  (func (export "traps") (result i32) unreachable)
  (func (export "post-traps") (result i32) (i32.const 16))
  (func (export "cabi_post_post-traps") (param i32) unreachable))
