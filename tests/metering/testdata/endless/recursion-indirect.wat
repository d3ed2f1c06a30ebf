;; A function calls itself by way of a table.
(module
  (table $t 8 64 funcref)
  (elem (i32.const 3) $run)
  (func $run (export "run") (call_indirect $t (i32.const 3))))
