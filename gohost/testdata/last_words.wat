;; Writes a batch without its first 16 bytes to standard error, and ends by its first byte:
;; x exits with code 2, t traps, and anything else returns an empty batch.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) unreachable)
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) unreachable)
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32) (i32.const 1))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (i32.store (i32.const 16) (i32.add (local.get $ptr) (i32.const 16)))
    (i32.store (i32.const 20) (i32.sub (local.get $len) (i32.const 16)))
    (drop (call $write (i32.const 2) (i32.const 16) (i32.const 1) (i32.const 24)))
    (if (i32.eq (i32.load8_u (local.get $ptr)) (i32.const 0x78)) (then (call $exit (i32.const 2))))
    (if (i32.eq (i32.load8_u (local.get $ptr)) (i32.const 0x74)) (then unreachable))
    (i32.const 32)))
