;; Returns what an import returns.
(module
  (import "test:kit/host" "now" (func $now (result i64)))
  (func (export "f") (result i64) (call $now)))
