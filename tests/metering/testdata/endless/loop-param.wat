;; A loop with a parameter, which br_if carries back.
(module
  (func (export "run")
    (i32.const 0)
    (loop (param i32)
      (br 0 (i32.add (i32.const 1))))))
