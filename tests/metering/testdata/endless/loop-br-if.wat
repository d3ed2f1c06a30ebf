;; A condition that always holds.
(module
  (global $g (mut i32) (i32.const 0))
  (func (export "run")
    (loop
      (global.set $g (i32.add (global.get $g) (i32.const 1)))
      (br_if 0 (i32.const 1)))))
