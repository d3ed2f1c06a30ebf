;; Answers, and for some inputs never ends: in a loop that does nothing, in one
;; that fills memory, and in recursion that comes back before the stack is full.
(module
  (memory (export "memory") 4 64)
  (global $next (mut i32) (i32.const 65536))

  ;; What a call leaves is free once the next one begins, so arguments go where
  ;; the last call's were. Each call has one list.
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (block $fits
      (loop $more
        (br_if $fits (i32.le_u (i32.add (global.get $next) (local.get $size)) (i32.shl (memory.size) (i32.const 16))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $more)))
    (global.get $next))

  ;; The number of points, the sum of the values rounded at each step, and the
  ;; last value. A first timestamp of 2^64-1: never.
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param $ptr i32) (param $len i32) (result i32)
    (local $sum f64) (local $last f64) (local $end i32) (local $at i32)
    (if (local.get $len) (then
      (if (i64.eq (i64.load (local.get $ptr)) (i64.const -1)) (then
        (loop $for-ever
          (call $recurse (i32.const 1000))
          (br $for-ever))))))
    (local.set $at (local.get $ptr))
    (local.set $end (i32.add (local.get $ptr) (i32.shl (local.get $len) (i32.const 4))))
    (block $all
      (loop $each
        (br_if $all (i32.ge_u (local.get $at) (local.get $end)))
        (local.set $last (f64.load offset=8 (local.get $at)))
        (local.set $sum (f64.add (local.get $sum) (local.get $last)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br $each)))
    (i32.store (i32.const 16) (i32.const 32))
    (i32.store (i32.const 20) (i32.const 3))
    (f64.store (i32.const 32) (f64.convert_i32_u (local.get $len)))
    (f64.store (i32.const 40) (local.get $sum))
    (f64.store (i32.const 48) (local.get $last))
    (i32.const 16))

  (func $recurse (param $deep i32)
    (if (local.get $deep) (then
      (call $recurse (i32.sub (local.get $deep) (i32.const 1))))))

  ;; Refuses everything, with the text itself.
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param $ptr i32) (param $len i32) (result i32)
    (i32.store8 (i32.const 16) (i32.const 1))
    (i32.store (i32.const 20) (local.get $ptr))
    (i32.store (i32.const 24) (local.get $len))
    (i32.const 16))

  ;; The batch as it is. A first byte of 255: never.
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (if (local.get $len) (then
      (if (i32.eq (i32.load8_u (local.get $ptr)) (i32.const 255)) (then
        (loop $for-ever
          (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536))
          (br $for-ever))))))
    (i32.store (i32.const 16) (local.get $ptr))
    (i32.store (i32.const 20) (local.get $len))
    (i32.const 16))

  ;; Whether the length is expected. Of 2^32-1: never.
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param $ptr i32) (param $len i32) (param $expected i32) (result i32)
    (if (i32.eq (local.get $expected) (i32.const -1)) (then
      (loop $for-ever (br $for-ever))))
    (i32.eq (local.get $len) (local.get $expected))))
