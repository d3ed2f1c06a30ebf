;; Parameters through two loops.
(module
  (func (export "run")
    (i64.const 0)
    (loop (param i64)
      (loop (param i64) (result i64)
        (i64.add (i64.const 1))
        (br_if 1 (i32.const 1)))
      (drop))))
