;; A guest without a memory that calls functions of WASI preview 1, and exports others
;; that it imports: the host calls those without a guest.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (export "imported_proc_exit" (func $proc_exit))
  (export "imported_poll_oneoff" (func $poll_oneoff))
  (func (export "proc_exit") (param i32) (call $proc_exit (local.get 0)))
  (func (export "args_get") (result i32) (call $args_get (i32.const 0) (i32.const 0)))
  (func (export "args_sizes_get") (result i32) (call $args_sizes_get (i32.const 0) (i32.const 0)))
  (func (export "clock_time_get") (result i32) (call $clock_time_get (i32.const 0) (i64.const 0) (i32.const 0)))
  (func (export "sched_yield") (result i32) (call $sched_yield)))
