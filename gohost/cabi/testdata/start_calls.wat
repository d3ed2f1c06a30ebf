;; A guest whose start function calls an import with a string.
(module
  (import "test:host/host@1.0.0" "take" (func $take (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (global (export "compute-pipeline:fuel") (mut i64) (i64.const 0))
  (global $got (export "got") (mut i32) (i32.const 0))
  (data (i32.const 16) "at the start")
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func $start (global.set $got (call $take (i32.const 16) (i32.const 12))))
  (start $start))
