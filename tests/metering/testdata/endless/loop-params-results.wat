;; A loop with parameters and results, repeated by br_if.
(module
  (func (export "run") (result i32 i64)
    (i32.const 1) (i64.const 0)
    (loop (param i32 i64) (result i32 i64)
      (i64.add (i64.const 3))
      (br_if 0 (i32.const 1)))))
