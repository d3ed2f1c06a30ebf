;; A component that imports the clock of WASI.
(component
  (import "wasi:clocks/monotonic-clock@0.2.0" (instance
    (export "now" (func (result u64)))))
  (core module $core (memory (export "memory") 1))
  (core instance (instantiate $core)))
