;; Divisions and square roots, each waiting for the one before.
(module
  (func (export "run") (local $x f64) (local $n i64)
    (local.set $n (i64.const -1))
    (loop
      (local.set $x (f64.sqrt (f64.div (f64.add (local.get $x) (f64.const 3)) (f64.const 7))))
      (local.set $n (i64.add (i64.div_u (local.get $n) (i64.const 3)) (i64.const -99)))
      (br 0))))
