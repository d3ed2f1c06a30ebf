;; It calls what the batch says. Of a batch of more than a point, the first word is
;; the number of a granted function, in the order of the imports; the second is how
;; often to call it, for ever with 0; nine words of 64 bits are its parameters. The
;; next words are pages by which to grow, then a place and a number of bytes that
;; follow at 96, to copy there before. The answer is the last errno and how often it
;; was called. Batches are at 65536; what is behind 131072 is free.
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_res_get" (func $clock_res_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock_time_get (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $environ_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_advise" (func $fd_advise (param i32 i64 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_close" (func $fd_close (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fd_fdstat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_fdstat_set_flags" (func $fd_fdstat_set_flags (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_filestat_get" (func $fd_filestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_pread" (func $fd_pread (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $fd_prestat_dir_name (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_get" (func $fd_prestat_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_readdir" (func $fd_readdir (param i32 i32 i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_tell" (func $fd_tell (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_filestat_get" (func $path_filestat_get (param i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open" (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_readlink" (func $path_readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll_oneoff (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $sched_yield (result i32)))
  (memory (export "memory") 4)
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) (i32.const 1040))
  (func $call (param $function i32) (param $p i32) (result i32)
    (block $in_sched_yield
    (block $in_random_get
    (block $in_proc_exit
    (block $in_poll_oneoff
    (block $in_path_readlink
    (block $in_path_open
    (block $in_path_filestat_get
    (block $in_fd_write
    (block $in_fd_tell
    (block $in_fd_seek
    (block $in_fd_readdir
    (block $in_fd_read
    (block $in_fd_prestat_get
    (block $in_fd_prestat_dir_name
    (block $in_fd_pread
    (block $in_fd_filestat_get
    (block $in_fd_fdstat_set_flags
    (block $in_fd_fdstat_get
    (block $in_fd_close
    (block $in_fd_advise
    (block $in_environ_sizes_get
    (block $in_environ_get
    (block $in_clock_time_get
    (block $in_clock_res_get
    (block $in_args_sizes_get
    (block $in_args_get
      (br_table $in_args_get $in_args_sizes_get $in_clock_res_get $in_clock_time_get $in_environ_get $in_environ_sizes_get $in_fd_advise $in_fd_close $in_fd_fdstat_get $in_fd_fdstat_set_flags $in_fd_filestat_get $in_fd_pread $in_fd_prestat_dir_name $in_fd_prestat_get $in_fd_read $in_fd_readdir $in_fd_seek $in_fd_tell $in_fd_write $in_path_filestat_get $in_path_open $in_path_readlink $in_poll_oneoff $in_proc_exit $in_random_get $in_sched_yield (local.get $function))
    )
    (return (call $args_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $args_sizes_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $clock_res_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $clock_time_get (i32.load (local.get $p)) (i64.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p))))
    )
    (return (call $environ_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $environ_sizes_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $fd_advise (i32.load (local.get $p)) (i64.load offset=8 (local.get $p)) (i64.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p))))
    )
    (return (call $fd_close (i32.load (local.get $p))))
    )
    (return (call $fd_fdstat_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $fd_fdstat_set_flags (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $fd_filestat_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $fd_pread (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i64.load offset=24 (local.get $p)) (i32.load offset=32 (local.get $p))))
    )
    (return (call $fd_prestat_dir_name (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p))))
    )
    (return (call $fd_prestat_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $fd_read (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p))))
    )
    (return (call $fd_readdir (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i64.load offset=24 (local.get $p)) (i32.load offset=32 (local.get $p))))
    )
    (return (call $fd_seek (i32.load (local.get $p)) (i64.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p))))
    )
    (return (call $fd_tell (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $fd_write (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p))))
    )
    (return (call $path_filestat_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p)) (i32.load offset=32 (local.get $p))))
    )
    (return (call $path_open (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p)) (i32.load offset=32 (local.get $p)) (i64.load offset=40 (local.get $p)) (i64.load offset=48 (local.get $p)) (i32.load offset=56 (local.get $p)) (i32.load offset=64 (local.get $p))))
    )
    (return (call $path_readlink (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p)) (i32.load offset=32 (local.get $p)) (i32.load offset=40 (local.get $p))))
    )
    (return (call $poll_oneoff (i32.load (local.get $p)) (i32.load offset=8 (local.get $p)) (i32.load offset=16 (local.get $p)) (i32.load offset=24 (local.get $p))))
    )
    (call $proc_exit (i32.load (local.get $p))) (return (i32.const 0))
    )
    (return (call $random_get (i32.load (local.get $p)) (i32.load offset=8 (local.get $p))))
    )
    (return (call $sched_yield)))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (local $errno i32) (local $done i32)
    (if (i32.le_u (local.get $len) (i32.const 16))
      (then
        (i32.store (i32.const 1056) (local.get $ptr))
        (i32.store (i32.const 1060) (local.get $len))
        (return (i32.const 1056))))
    (drop (memory.grow (i32.load offset=80 (local.get $ptr))))
    (memory.copy (i32.load offset=84 (local.get $ptr)) (i32.add (local.get $ptr) (i32.const 96)) (i32.load offset=88 (local.get $ptr)))
    (loop $again
      (local.set $errno (call $call (i32.load (local.get $ptr)) (i32.add (local.get $ptr) (i32.const 8))))
      (local.set $done (i32.add (local.get $done) (i32.const 1)))
      (br_if $again (i32.ne (local.get $done) (i32.load offset=4 (local.get $ptr)))))
    (i32.store (i32.const 1200) (local.get $errno))
    (i32.store (i32.const 1204) (local.get $done))
    (i64.store (i32.const 1208) (i64.const 0))
    (i32.store (i32.const 1056) (i32.const 1200))
    (i32.store (i32.const 1060) (i32.const 16))
    (i32.const 1056))
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32) (param $expected i32) (result i32)
    (i32.eqz (local.get $expected)))
  (data (i32.const 1024) "\40\04\00\00\03\00\00\00")
  (data (i32.const 1040) "\01\00\00\00\60\04\00\00\0d\00\00\00")
  (data (i32.const 1120) "Empty dataset"))
