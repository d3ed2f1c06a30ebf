;; Back by a target of a br_table.
(module
  (func (export "run") (local i32)
    (block
      (loop
        (br_table 0 0 1 (i32.and (local.tee 0 (i32.add (local.get 0) (i32.const 1))) (i32.const 1)))))))
