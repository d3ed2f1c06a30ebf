;; 64 KiB are filled each time.
(module
  (memory (export "memory") 2 4)
  (func (export "run")
    (loop
      (memory.fill (i32.const 0) (i32.const 7) (i32.const 65536))
      (br 0))))
