;; A guest whose panic message is said to be outside of its memory.
(module
  (memory (export "memory") 1)
  (global (export "compute-pipeline:panic-message") i32 (i32.const -4))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 1024))
  (func (export "f") (result i32) unreachable))
