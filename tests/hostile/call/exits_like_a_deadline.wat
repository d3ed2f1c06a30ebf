;; Ends itself by WASI's proc_exit, with the code with which wazero closes
;; a guest whose deadline has passed.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) (i32.const 1040))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (if (i32.gt_u (local.get $len) (i32.const 16))
      (then (call $exit (i32.const 0xefffffff))))
    (i32.store (i32.const 1056) (local.get $ptr))
    (i32.store (i32.const 1060) (local.get $len))
    (i32.const 1056))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32) (param $expected i32) (result i32)
    (i32.eqz (local.get $expected)))
  (data (i32.const 1024) "\40\04\00\00\03\00\00\00")
  (data (i32.const 1040) "\01\00\00\00\60\04\00\00\0d\00\00\00")
  (data (i32.const 1120) "Empty dataset"))
