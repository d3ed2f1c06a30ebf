;; A table is written from a segment each time.
(module
  (table $t 8 8 funcref)
  (elem $e func $run $run $run)
  (func $run (export "run")
    (loop
      (table.init $t $e (i32.const 0) (i32.const 0) (i32.const 3))
      (br 0))))
