;; A module with the interface of a metered one, written by hand: burn charges
;; so many units, as a rewritten loop would.
(module
  (import "compute-pipeline:fuel" "refuel" (func $refuel (result i64)))
  (global $fuel (export "compute-pipeline:fuel") (mut i64) (i64.const 0))
  (func (export "burn") (param $units i64)
    (global.set $fuel (i64.sub (global.get $fuel) (local.get $units)))
    (if (i64.lt_s (global.get $fuel) (i64.const 0))
      (then
        ;; What was charged is given back, and charged when there is enough.
        (global.set $fuel (i64.add (global.get $fuel) (local.get $units)))
        (loop $more
          (global.set $fuel (i64.add (global.get $fuel) (call $refuel)))
          (br_if $more (i64.lt_s (global.get $fuel) (local.get $units))))
        (global.set $fuel (i64.sub (global.get $fuel) (local.get $units))))))
  ;; Charges without a look at what is left, as before an operation in bulk.
  (func (export "bulk") (param $units i64)
    (global.set $fuel (i64.sub (global.get $fuel) (local.get $units))))
)
