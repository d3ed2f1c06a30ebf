;; Back from under blocks and an if.
(module
  (func (export "run")
    (loop
      (block (block (if (i32.const 1) (then (block (br 4))))))
      (br 0))))
