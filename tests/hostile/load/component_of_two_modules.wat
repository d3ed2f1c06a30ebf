;; A component of two core modules.
(component
  (core module $one (memory (export "memory") 1))
  (core module $two (func (export "f")))
  (core instance (instantiate $one))
  (core instance (instantiate $two)))
