;; A module with the interface of a metered one, written by hand, which also lets
;; the host charge it: pay asks for that, in the start function too.
(module
  (import "compute-pipeline:fuel" "refuel" (func $refuel (result i64)))
  (import "host" "pay" (func $pay (param i64)))
  (global $fuel (export "compute-pipeline:fuel") (mut i64) (i64.const 0))
  (func $burn (export "burn") (param $units i64)
    (global.set $fuel (i64.sub (global.get $fuel) (local.get $units)))
    (if (i64.lt_s (global.get $fuel) (i64.const 0))
      (then
        (global.set $fuel (i64.add (global.get $fuel) (local.get $units)))
        (loop $more
          (global.set $fuel (i64.add (global.get $fuel) (call $refuel)))
          (br_if $more (i64.lt_s (global.get $fuel) (local.get $units))))
        (global.set $fuel (i64.sub (global.get $fuel) (local.get $units))))))
  (func (export "pay") (param $units i64) (call $pay (local.get $units)))
  ;; The guest's code and the host in turn, in one function, where the compiler
  ;; could keep the global in a register.
  (func (export "both") (param $units i64)
    (local $left i32)
    (local.set $left (i32.const 10))
    (loop $again
      (global.set $fuel (i64.sub (global.get $fuel) (i64.const 7)))
      (if (i64.lt_s (global.get $fuel) (i64.const 0))
        (then (global.set $fuel (i64.add (global.get $fuel) (call $refuel)))))
      (call $pay (local.get $units))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
  ;; An operation in bulk, then the host.
  (func (export "bulk") (param $units i64)
    (global.set $fuel (i64.sub (global.get $fuel) (local.get $units)))
    (call $pay (local.get $units)))
  (func $start
    (call $pay (i64.const 1234))
    (call $burn (i64.const 1000)))
  (start $start)
)
