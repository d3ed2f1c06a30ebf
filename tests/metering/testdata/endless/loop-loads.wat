;; Loads that wait for each other, all over the memory.
(module
  (memory (export "memory") 2 4)
  (func (export "run") (local $at i32)
    (loop
      (local.set $at
        (i32.and
          (i32.add (i32.mul (i32.add (local.get $at) (i32.load (local.get $at))) (i32.const 1103515245)) (i32.const 12345))
          (i32.const 0x1fff8)))
      (br 0))))
