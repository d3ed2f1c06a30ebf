;; The sum of the numbers to n, by a function that calls itself and comes back in
;; every way there is.
(module
  (table $t 1 funcref)
  (elem (i32.const 0) $sum)
  (type $sum (func (param i64) (result i64)))
  (func $sum (export "sum") (type $sum)
    (if (i64.eqz (local.get 0)) (then (return (i64.const 0))))
    (block $3
      (block $2
        (block $1
          (block $0
            (br_table $0 $1 $2 $3 (i32.wrap_i64 (i64.rem_u (local.get 0) (i64.const 4)))))
          (return (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))))
        (br 2 (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))))
      (i64.add (local.get 0)
        (call_indirect $t (type $sum) (i64.sub (local.get 0) (i64.const 1)) (i32.const 0)))
      (br_table 1 1 (i32.const 7)))
    (drop (br_if 0
      (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1))))
      (i32.const 1)))
    (unreachable)))
