;; A plugin that answers validate-stream with far more than it was given: an error
;; of a MiB of zeros to a text of less than 20 bytes, else 100,000 points.
(module
  (memory (export "memory") 64 64)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) (i32.const 16))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param $ptr i32) (param $len i32) (result i32)
    (i32.store (i32.const 20) (i32.const 65536))
    (i32.store (i32.const 24) (i32.const 100000))
    (i32.store (i32.const 16) (i32.const 0))
    (if (i32.lt_u (local.get $len) (i32.const 20))
      (then
        (i32.store (i32.const 16) (i32.const 1))
        (i32.store (i32.const 24) (i32.const 1048576))))
    (i32.const 16))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param i32 i32) (result i32) (i32.const 16))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32) (i32.const 1))
)
