;; A guest that calls imports and has resources of its own, as its test says.
(module
  (import "test:host/host@1.0.0" "take" (func $take (param i32 i32) (result i32)))
  (import "test:host/host@1.0.0" "[resource-drop]thing" (func $drop-thing (param i32)))
  (import "[export]test:host/own@1.0.0" "[resource-new]counter" (func $new (param i32) (result i32)))
  (import "[export]test:host/own@1.0.0" "[resource-rep]counter" (func $rep (param i32) (result i32)))
  (import "[export]test:host/own@1.0.0" "[resource-drop]counter" (func $drop (param i32)))

  (memory (export "memory") 1 100)
  (global (export "compute-pipeline:fuel") (mut i64) (i64.const 0))
  (global $next (mut i32) (i32.const 4096))
  ;; Where to call take, besides run.
  (global $in-realloc (export "in-realloc") (mut i32) (i32.const 0))
  (global $in-post (export "in-post") (mut i32) (i32.const 0))
  (global $in-dtor (export "in-dtor") (mut i32) (i32.const 0))
  ;; The last rep that was destroyed, and how many were.
  (global $destroyed (export "destroyed") (mut i32) (i32.const 0))
  (global $count (export "count") (mut i32) (i32.const 0))

  (func (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $at i32)
    (if (global.get $in-realloc) (then (drop (call $take (i32.const 0) (i32.const 0)))))
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 7)) (i32.const -8)))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (loop $more
        (br_if $fits (i32.le_u (global.get $next) (i32.shl (memory.size) (i32.const 16))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $at))

  (func $run (export "run") (param i32 i32) (result i32)
    (call $take (local.get 0) (local.get 1)))
  (func (export "cabi_post_run") (param i32)
    (if (global.get $in-post) (then (drop (call $take (i32.const 0) (i32.const 0))))))
  ;; Calls take a number of times.
  (func (export "repeat") (param $times i32) (param $a i32) (param $b i32)
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $times)))
        (drop (call $take (local.get $a) (local.get $b)))
        (local.set $times (i32.sub (local.get $times) (i32.const 1)))
        (br $again))))

  (func (export "drop-thing") (param i32) (call $drop-thing (local.get 0)))
  ;; Returns what it is given: handles go through it in both directions.
  (func (export "same") (param i32) (result i32) (local.get 0))
  ;; Takes a borrowed thing and drops it, as a guest must.
  (func (export "borrow") (param i32) (result i32)
    (local $result i32)
    (local.set $result (call $take (local.get 0) (i32.const 0)))
    (call $drop-thing (local.get 0))
    (local.get $result))

  (func (export "new") (param i32) (result i32) (call $new (local.get 0)))
  (func (export "rep") (param i32) (result i32) (call $rep (local.get 0)))
  (func (export "drop") (param i32) (call $drop (local.get 0)))
  (func (export "test:host/own@1.0.0#[dtor]counter") (param $rep i32)
    (local $next i32)
    (global.set $destroyed (local.get $rep))
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (if (global.get $in-dtor) (then (drop (call $take (local.get $rep) (i32.const 0)))))
    ;; A handle that the resource holds is dropped with it.
    (local.set $next (i32.load (i32.shl (local.get $rep) (i32.const 2))))
    (if (local.get $next) (then (call $drop (local.get $next))))))
