;; An implementation of org:analytics@0.2.0 that lies: in merge as the first byte of the state says.
(module
  (import "[export]org:analytics/accumulators@0.2.0" "[resource-new]accumulator" (func $new (param i32) (result i32)))
  (memory (export "memory") 2)
  (global $loops (mut i32) (i32.const 0))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))

  ;; All results are at 16, and are zeros unless merge writes there.
  (func (export "org:analytics/metrics@0.2.0#compute-aggregate") (param i32 i32) (result i32) (i32.const 16))
  (func (export "org:analytics/metrics@0.2.0#validate-stream") (param i32 i32) (result i32) (i32.const 16))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param i32 i32) (result i32) (i32.const 16))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32) (i32.const 0))

  (func (export "org:analytics/accumulators@0.2.0#[constructor]accumulator") (result i32)
    (call $new (i32.const 1)))
  (func (export "org:analytics/accumulators@0.2.0#[dtor]accumulator") (param i32)
    (if (global.get $loops) (then (loop $for-ever (br $for-ever)))))
  (func (export "org:analytics/accumulators@0.2.0#[method]accumulator.add") (param i32 i32 i32) (result i32) (i32.const 16))
  (func (export "org:analytics/accumulators@0.2.0#[method]accumulator.state") (param i32) (result i32) (i32.const 16))
  (func (export "org:analytics/accumulators@0.2.0#[method]accumulator.finish") (param i32) (result i32) (i32.const 16))
  (func (export "org:analytics/accumulators@0.2.0#[method]accumulator.merge") (param $self i32) (param $ptr i32) (param $len i32) (result i32)
    (local $lie i32)
    (if (i32.eqz (local.get $len)) (then (return (i32.const 16))))
    (local.set $lie (i32.load8_u (local.get $ptr)))
    (if (i32.eq (local.get $lie) (i32.const 1)) (then unreachable))
    ;; Neither ok nor err.
    (if (i32.eq (local.get $lie) (i32.const 2)) (then (i32.store8 (i32.const 16) (i32.const 7))))
    ;; A text of 2^28-1 bytes.
    (if (i32.eq (local.get $lie) (i32.const 3)) (then
      (i32.store8 (i32.const 16) (i32.const 1))
      (i32.store (i32.const 36) (i32.const 0x0fffffff))))
    ;; An error of no case.
    (if (i32.eq (local.get $lie) (i32.const 4)) (then
      (i32.store8 (i32.const 16) (i32.const 1))
      (i32.store8 (i32.const 24) (i32.const 9))))
    (if (i32.eq (local.get $lie) (i32.const 5)) (then (loop $for-ever (br $for-ever))))
    (if (i32.eq (local.get $lie) (i32.const 6)) (then (global.set $loops (i32.const 1))))
    (i32.const 16))
)
