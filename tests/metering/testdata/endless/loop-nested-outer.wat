;; The inner loop ends, the outer one does not.
(module
  (func (export "run") (local $i i32)
    (loop
      (local.set $i (i32.const 3))
      (loop
        (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (br 0))))
