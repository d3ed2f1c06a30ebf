;; The inner loop goes on with the outer one.
(module
  (func (export "run")
    (loop (loop (br 1)) unreachable)))
