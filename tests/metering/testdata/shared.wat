;; The state that generated modules may import, made anew for every instance.
(module
  (global (export "limit") i32 (i32.const 7))
  (global (export "cell") (mut i64) (i64.const 11))
  (table (export "table") 10 20 funcref)
  (memory (export "memory") 1 4)
  (data (i32.const 64) "shared memory"))
