;; In a function whose end is not reached.
(module
  (func (export "run") (result i32)
    (loop $l
      (br_if $l (i32.const 1))
      (return (i32.const 1)))
    unreachable))
