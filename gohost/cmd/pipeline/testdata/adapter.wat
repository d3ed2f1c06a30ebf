;; A component with a module for WASI preview 1, of which grants give not all, as an adapter
;; does that imports WASI 0.2.
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance
    (export "now" (func (result u64)))))
  (core module
    (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func (result i64))))
  (core module
    (import "wasi_snapshot_preview1" "sock_send" (func))))
