;; A table is filled each time.
(module
  (table $t 60000 60000 funcref)
  (func (export "run")
    (loop
      (table.fill $t (i32.const 0) (ref.null func) (i32.const 60000))
      (br 0))))
