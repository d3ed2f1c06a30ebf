;; 64 KiB are copied each time.
(module
  (memory (export "memory") 2 4)
  (func (export "run")
    (loop
      (memory.copy (i32.const 8) (i32.const 0) (i32.const 65536))
      (br 0))))
