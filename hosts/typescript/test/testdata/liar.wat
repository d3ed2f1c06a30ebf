;; Implements the contract and breaks it as it is told: validate-checksum sets the mode, which
;; the functions after it obey. The modes are those of hostile.js.
(module
  (memory (export "memory") 2)
  (global (export "compute-pipeline:panic-message") i32 (i32.const 64))
  (global $mode (mut i32) (i32.const 0))
  (global $next (mut i32) (i32.const 4096))
  (data (i32.const 256) "Empty dataset")
  (data (i32.const 60000) "\ff\fe")
  (data (i32.const 280) "it broke")
  (data (i32.const 300) "out of memory: cannot allocate 5 bytes")

  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
    (local $at i32)
    (if (i32.eq (global.get $mode) (i32.const 100)) (then (return (i32.const 4097))))
    (if (i32.eq (global.get $mode) (i32.const 101)) (then (return (i32.const 0xfffffff0))))
    (if (i32.eq (global.get $mode) (i32.const 102)) (then
      (drop (memory.grow (i32.const 1)))
      (global.set $next (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 65536)))))
    (if (i32.eq (global.get $mode) (i32.const 103)) (then (unreachable)))
    (local.set $at (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
    (global.set $next (i32.add (local.get $at) (local.get 3)))
    (local.get $at))

  ;; Leaves a message of n bytes from an address, and traps.
  (func $panic (param $at i32) (param $n i32)
    (i32.store (i32.const 64) (local.get $n))
    (if (i32.le_u (local.get $n) (i32.const 100)) (then
      (memory.copy (i32.const 68) (local.get $at) (local.get $n))))
    (unreachable))

  (func $forever (param i32) (result i32)
    (i32.add (call $forever (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))

  ;; Writes a list, and returns where it is.
  (func $list (param $at i32) (param $n i32) (result i32)
    (i32.store (i32.const 1024) (local.get $at))
    (i32.store (i32.const 1028) (local.get $n))
    (i32.const 1024))

  ;; Writes a result with a list or string, and returns where it is.
  (func $result (param $case i32) (param $at i32) (param $n i32) (result i32)
    (i32.store8 (i32.const 1024) (local.get $case))
    (i32.store (i32.const 1028) (local.get $at))
    (i32.store (i32.const 1032) (local.get $n))
    (i32.const 1024))

  (func (export "org:compute/pipeline@0.1.0#validate-checksum") (param i32 i32 i32) (result i32)
    (global.set $mode (local.get 2))
    (if (result i32) (i32.eq (local.get 2) (i32.const 60)) (then (i32.const 2)) (else (i32.const 1))))

  ;; Returns what it is given, or lies.
  (func (export "org:compute/pipeline@0.1.0#process-batch") (param $at i32) (param $n i32) (result i32)
    (if (i32.eq (global.get $mode) (i32.const 1)) (then (return (i32.const 1026))))
    (if (i32.eq (global.get $mode) (i32.const 2)) (then (return (i32.const 0xfffffff0))))
    (if (i32.eq (global.get $mode) (i32.const 3)) (then
      (return (call $list (local.get $at) (i32.const 0x00fffff0)))))
    (if (i32.eq (global.get $mode) (i32.const 4)) (then
      (return (call $list (local.get $at) (i32.const 0x10000000)))))
    (if (i32.eq (global.get $mode) (i32.const 5)) (then (unreachable)))
    (if (i32.eq (global.get $mode) (i32.const 6)) (then (call $panic (i32.const 280) (i32.const 8))))
    (if (i32.eq (global.get $mode) (i32.const 7)) (then (call $panic (i32.const 60000) (i32.const 2))))
    (if (i32.eq (global.get $mode) (i32.const 8)) (then (call $panic (i32.const 0) (i32.const 5000))))
    (if (i32.eq (global.get $mode) (i32.const 9)) (then (drop (call $forever (i32.const 0)))))
    (if (i32.eq (global.get $mode) (i32.const 10)) (then
      (drop (memory.grow (i32.const 3)))
      (memory.copy (i32.const 0x30000) (local.get $at) (local.get $n))
      (return (call $list (i32.const 0x30000) (local.get $n)))))
    (if (i32.eq (global.get $mode) (i32.const 11)) (then (call $panic (i32.const 300) (i32.const 38))))
    (call $list (local.get $at) (local.get $n)))
  (func (export "cabi_post_org:compute/pipeline@0.1.0#process-batch") (param i32)
    (if (i32.eq (global.get $mode) (i32.const 50)) (then (unreachable))))

  (func (export "org:analytics/metrics@0.1.0#validate-stream") (param i32 i32) (result i32)
    (if (i32.eq (global.get $mode) (i32.const 20)) (then (return (call $result (i32.const 2) (i32.const 0) (i32.const 0)))))
    (if (i32.eq (global.get $mode) (i32.const 21)) (then (return (call $result (i32.const 1) (i32.const 60000) (i32.const 2)))))
    (if (i32.eq (global.get $mode) (i32.const 22)) (then (return (call $result (i32.const 1) (i32.const 2048) (i32.const 10000)))))
    (if (i32.eq (global.get $mode) (i32.const 23)) (then (return (call $result (i32.const 0) (i32.const 2052) (i32.const 1)))))
    (if (i32.eq (global.get $mode) (i32.const 24)) (then
      (i64.store (i32.const 2048) (i64.const -1))
      (i64.store (i32.const 2056) (i64.const 0x7ff4000000000001))
      (return (call $result (i32.const 0) (i32.const 2048) (i32.const 1)))))
    (call $result (i32.const 1) (i32.const 256) (i32.const 13)))

  (func (export "org:analytics/metrics@0.1.0#compute-aggregate") (param i32 i32) (result i32)
    (call $list (i32.const 2048) (select (i32.const 2) (i32.const 3) (i32.eq (global.get $mode) (i32.const 30)))))

  (func (export "org:compute-pipeline/summary@0.1.0#fold") (param i32 i32 i32 i32) (result i32)
    (call $result (i32.const 0) (i32.const 2048) (i32.const 70000)))
  (func (export "org:compute-pipeline/summary@0.1.0#merge") (param i32 i32 i32 i32) (result i32)
    (call $result (i32.const 7) (i32.const 2048) (i32.const 0)))
  (func (export "org:compute-pipeline/summary@0.1.0#finish") (param i32 i32) (result i32)
    (i32.const 131064)))
