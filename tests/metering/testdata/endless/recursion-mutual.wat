;; Three functions call each other.
(module
  (func $a (export "run") (call $b))
  (func $b (call $c))
  (func $c (call $a)))
