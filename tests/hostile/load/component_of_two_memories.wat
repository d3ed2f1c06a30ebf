;; A component of two core modules that share nothing.
(component
  (core module $one (memory (export "memory") 1))
  (core module $two (memory (export "memory") 1))
  (core instance (instantiate $one))
  (core instance (instantiate $two)))
