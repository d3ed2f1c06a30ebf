;; The memory grows, then no longer can.
(module
  (memory (export "memory") 2 4)
  (func (export "run")
    (loop
      (drop (memory.grow (i32.const 1)))
      (br 0))))
