;; The memory grows by nothing.
(module
  (memory (export "memory") 2 4)
  (func (export "run")
    (loop
      (drop (memory.grow (i32.const 0)))
      (br 0))))
