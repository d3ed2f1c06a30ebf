;; Ends itself with the exit code in the first four bytes of a batch. Tests write
;; "exit" and a code into the data, and it does so when it starts.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (func $start
    (if (i32.eq (i32.load (i32.const 20)) (i32.const 0x74697865)) (then (call $exit (i32.load (i32.const 24))))))
  (start $start)
  (func (export "_initialize")
    (if (i32.eq (i32.load (i32.const 16)) (i32.const 0x74697865)) (then (call $exit (i32.load (i32.const 24))))))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) unreachable)
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) unreachable)
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32) (i32.const 1))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (call $exit (i32.load (local.get $ptr)))
    unreachable)
  ;; For _initialize, for the start function, and the code.
  (data (i32.const 16) "#one#twocode"))
