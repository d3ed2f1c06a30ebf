;; Back by the default of a br_table.
(module
  (func (export "run")
    (block
      (loop
        (br_table 1 1 0 (i32.const -1))))))
