;; A loop with a result that it never gives.
(module
  (func (export "run") (result i64)
    (loop (result i64) (br 0))))
