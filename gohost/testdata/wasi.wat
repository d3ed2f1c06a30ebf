;; An implementation that uses what it is granted of WASI preview 1. Its
;; process-batch does what the first byte of the batch says, and answers with 16
;; bytes at 64: an errno, then what it found.
(module
  (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $environ (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 64)
  (global $next (mut i32) (i32.const 65536))
  (data (i32.const 512) "greeting.txt")
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
                            (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32) unreachable)
  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32) unreachable)
  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32) i32.const 0)
  ;; Opens the file called greeting.txt in the first directory; its descriptor goes to 80.
  (func $open-greeting (result i32)
    (call $open (i32.const 3) (i32.const 0) (i32.const 512) (i32.const 12) (i32.const 0)
                (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 80)))
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $ptr i32) (param $len i32) (result i32)
    (local $do i32) (local $errno i32)
    (i64.store (i32.const 64) (i64.const 0))
    (i64.store (i32.const 72) (i64.const 0))
    (local.set $do (i32.load8_u (local.get $ptr)))
    ;; c: the time of day
    (if (i32.eq (local.get $do) (i32.const 0x63))
      (then (local.set $errno (call $clock (i32.const 0) (i64.const 1) (i32.const 72)))))
    ;; r: eight random bytes; R: megabytes of them, without end
    (if (i32.eq (local.get $do) (i32.const 0x72))
      (then (local.set $errno (call $random (i32.const 72) (i32.const 8)))))
    (if (i32.eq (local.get $do) (i32.const 0x52))
      (then (loop $again (drop (call $random (i32.const 131072) (i32.const 2000000))) (br $again))))
    ;; o, e: the batch to standard output and error
    (i32.store (i32.const 32) (local.get $ptr))
    (i32.store (i32.const 36) (local.get $len))
    (if (i32.eq (local.get $do) (i32.const 0x6f))
      (then (local.set $errno (call $write (i32.const 1) (i32.const 32) (i32.const 1) (i32.const 72)))))
    (if (i32.eq (local.get $do) (i32.const 0x65))
      (then (local.set $errno (call $write (i32.const 2) (i32.const 32) (i32.const 1) (i32.const 72)))))
    ;; f: the first eight bytes of the file
    (if (i32.eq (local.get $do) (i32.const 0x66))
      (then
        (local.set $errno (call $open-greeting))
        (if (i32.eqz (local.get $errno))
          (then
            (i32.store (i32.const 32) (i32.const 72))
            (i32.store (i32.const 36) (i32.const 8))
            (local.set $errno (call $read (i32.load (i32.const 80)) (i32.const 32) (i32.const 1) (i32.const 88)))))))
    ;; F: opens it until that fails; how often it worked
    (if (i32.eq (local.get $do) (i32.const 0x46))
      (then
        (loop $again
          (local.set $errno (call $open-greeting))
          (if (i32.eqz (local.get $errno))
            (then
              (i32.store (i32.const 72) (i32.add (i32.load (i32.const 72)) (i32.const 1)))
              (br $again))))))
    ;; v: how many variables the environment has; x: exits
    (if (i32.eq (local.get $do) (i32.const 0x76))
      (then (local.set $errno (call $environ (i32.const 72) (i32.const 80)))))
    (if (i32.eq (local.get $do) (i32.const 0x78)) (then (call $exit (i32.const 3))))
    (i32.store (i32.const 64) (local.get $errno))
    (i32.store (i32.const 16) (i32.const 64))
    (i32.store (i32.const 20) (i32.const 16))
    (i32.const 16))
)
