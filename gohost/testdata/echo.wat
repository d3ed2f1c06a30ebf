;; An implementation without summary, whose answers are what it is given.
(module
  (memory (export "memory") 1 1000)
  (global $next (mut i32) (i32.const 1024))
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $fits
      (loop $more
        (br_if $fits (i32.le_u (global.get $next) (i32.shl (memory.size) (i32.const 16))))
        (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $at))

  ;; The result is at the address of the argument: the caller writes it.
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param $ptr i32) (param $len i32) (result i32)
    (local.get $ptr))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param $ptr i32) (param $len i32) (result i32)
    (local.get $ptr))
  (func $recurse (param i32) (result i32)
    (i32.add (call $recurse (local.get 0)) (call $recurse (i32.add (local.get 0) (i32.const 1)))))
  ;; Does what the first byte says: 1 traps, 2 loops, 3 takes all memory and
  ;; traps, 4 recurses without end, 5 drops the last byte; else the batch
  ;; comes back as it was.
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (local $do i32)
    (if (local.get $len) (then (local.set $do (i32.load8_u (local.get $ptr)))))
    (if (i32.eq (local.get $do) (i32.const 1)) (then unreachable))
    (if (i32.eq (local.get $do) (i32.const 2)) (then (loop $again (br $again))))
    (if (i32.eq (local.get $do) (i32.const 3))
      (then
        (loop $more (br_if $more (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
        unreachable))
    (if (i32.eq (local.get $do) (i32.const 4)) (then (drop (call $recurse (i32.const 0)))))
    (if (i32.eq (local.get $do) (i32.const 5))
      (then (local.set $len (i32.sub (local.get $len) (i32.const 1)))))
    (i32.store (i32.const 16) (local.get $ptr))
    (i32.store (i32.const 20) (local.get $len))
    (i32.const 16))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32) (param $expected i32) (result i32)
    (local.get $expected))
)
