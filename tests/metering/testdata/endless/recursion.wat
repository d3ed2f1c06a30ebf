;; A function calls itself.
(module
  (func $run (export "run") (call $run)))
