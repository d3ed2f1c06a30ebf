;; A float computation that wazero v1.12.0 compiles wrongly on amd64.
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

  (func $clobber)
  (func $same (param f64) (result f64) local.get 0)
  ;; A float select whose first operand lives across a call: -a + -b or -a + -a,
  ;; by the condition.
  (func $sum (param f64 f64 i32) (result f64) (local $x f64) (local $y f64)
    (local.set $x (f64.neg (local.get 0)))
    (local.set $y (f64.neg (local.get 1)))
    (call $clobber)
    (f64.add (select (local.get $x) (local.get $y) (local.get 2)) (call $same (local.get $x))))
  ;; Of two points, by way of $sum; mean and variance are 0.
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param $ptr i32) (param $len i32) (result i32)
    (f64.store (i32.const 48)
      (call $sum (f64.load (i32.add (local.get $ptr) (i32.const 8)))
                 (f64.load (i32.add (local.get $ptr) (i32.const 24)))
                 (i32.const 0)))
    (i32.store (i32.const 16) (i32.const 32))
    (i32.store (i32.const 20) (i32.const 3))
    (i32.const 16))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param $ptr i32) (param $len i32) (result i32)
    (local.get $ptr))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param i32 i32) (result i32) (i32.const 16))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32) (param $expected i32) (result i32)
    (local.get $expected))
)
