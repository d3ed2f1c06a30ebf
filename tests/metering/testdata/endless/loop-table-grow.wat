;; A table grows, then no longer can.
(module
  (table $t 1 5000 funcref)
  (func (export "run")
    (loop
      (drop (table.grow $t (ref.null func) (i32.const 1000)))
      (br 0))))
