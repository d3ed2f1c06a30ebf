;; A guest that leaves the message of its panic where the host finds it.
(module
  (memory (export "memory") 1)
  (global (export "compute-pipeline:panic-message") i32 (i32.const 512))
  (data (i32.const 512) "\0b\00\00\00out of luck")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  ;; Writes the length it is given over the message's, and traps.
  (func (export "f") (param $len i32) (result i32)
    (if (local.get $len) (then (i32.store (i32.const 512) (local.get $len))))
    unreachable)
  ;; Makes the message something that is not UTF-8, and traps.
  (func (export "g") (result i32)
    (i32.store8 (i32.const 518) (i32.const 0xff))
    unreachable))
