;; Back from both arms of an if.
(module
  (func (export "run") (local i32)
    (loop
      (local.set 0 (i32.xor (local.get 0) (i32.const 1)))
      (if (local.get 0) (then (br 1)) (else (br 1))))))
