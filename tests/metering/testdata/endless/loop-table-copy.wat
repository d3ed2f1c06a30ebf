;; A table is copied each time.
(module
  (table $t 60001 60001 funcref)
  (func (export "run")
    (loop
      (table.copy $t $t (i32.const 1) (i32.const 0) (i32.const 60000))
      (br 0))))
