;; In the arm of an if that is seldom entered.
(module
  (func (export "run") (local i32)
    (loop
      (local.set 0 (i32.add (local.get 0) (i32.const 1)))
      (if (i32.eq (local.get 0) (i32.const 100)) (then (loop (br 0))))
      (br 0))))
