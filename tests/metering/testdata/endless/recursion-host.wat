;; A function calls the host, which calls it.
(module
  (import "host" "reenter" (func $reenter (param i32) (result i64)))
  (func $leaf (export "leaf") (param i32) (result i64) (call $reenter (local.get 0)))
  (func (export "run") (drop (call $leaf (i32.const 0)))))
