;; A function calls itself twice, 60 levels deep.
(module
  (func $f (param i32)
    (if (local.get 0)
      (then
        (call $f (i32.sub (local.get 0) (i32.const 1)))
        (call $f (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "run") (call $f (i32.const 60))))
