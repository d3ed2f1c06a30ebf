;; A component that holds a component that holds the core module.
(component
  (component $inner
    (core module $core
      (memory (export "memory") 1))
    (core instance (instantiate $core)))
  (instance (instantiate $inner)))
