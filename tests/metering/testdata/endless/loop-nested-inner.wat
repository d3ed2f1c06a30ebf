;; The inner loop never ends.
(module
  (func (export "run")
    (loop (loop (br 0)) (br 0))))
