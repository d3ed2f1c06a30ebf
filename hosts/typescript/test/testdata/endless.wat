;; A metered module, by hand: process-batch never ends, validate-checksum uses as much fuel as
;; it is told, at once. It has no summary.
(module
  (import "compute-pipeline:fuel" "refuel" (func $refuel (result i64)))
  (memory (export "memory") 1)
  (global $fuel (export "compute-pipeline:fuel") (mut i64) (i64.const 0))

  (func $pay (param $units i64)
    (global.set $fuel (i64.sub (global.get $fuel) (local.get $units)))
    (block $paid
      (loop $more
        (br_if $paid (i64.ge_s (global.get $fuel) (i64.const 0)))
        (global.set $fuel (i64.add (global.get $fuel) (call $refuel)))
        (br $more))))

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param i32 i32) (result i32)
    (loop $again (call $pay (i64.const 10)) (br $again))
    (unreachable))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32)
    (call $pay (i64.extend_i32_u (local.get 2)))
    (i32.const 1))
  ;; Uses more than there is, and never asks.
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32)
    (global.set $fuel (i64.sub (global.get $fuel) (i64.const 1000000)))
    (i32.store (i32.const 512) (i32.const 1024))
    (i32.store (i32.const 516) (i32.const 3))
    (i32.const 512))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) (unreachable)))
