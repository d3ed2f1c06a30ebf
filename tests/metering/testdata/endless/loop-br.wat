;; The shortest loop.
(module
  (func (export "run") (loop (br 0))))
