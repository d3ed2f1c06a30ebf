;; It has the interface twice: in the version of the host, and in a newer one
;; that the host does not know; that is legal.
(module
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) (i32.const 1040))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (i32.store (i32.const 1056) (local.get $ptr))
    (i32.store (i32.const 1060) (local.get $len))
    (i32.const 1056))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32) (param $expected i32) (result i32)
    (i32.eqz (local.get $expected)))
  (func (export "org:analytics/metrics@0.3.0#compute-aggregate") (param f64) (result f64)
    unreachable)
  (data (i32.const 1024) "\40\04\00\00\03\00\00\00")
  (data (i32.const 1040) "\01\00\00\00\60\04\00\00\0d\00\00\00")
  (data (i32.const 1120) "Empty dataset"))
