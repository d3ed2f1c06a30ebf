;; A component that exports a function of its own.
(component
  (core module $core
    (func (export "f") (result i32) (i32.const 1)))
  (core instance $i (instantiate $core))
  (func (export "f") (result u32) (canon lift (core func $i "f"))))
