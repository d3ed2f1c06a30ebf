;; A core module with two instances, each with a global, a table and a segment of its own, and
;; with another import. run(n) is n, 6 (two steps of three) and 50 (one step of fifty).
(component
  (core module $three (func (export "step") (result i32) (i32.const 3)))
  (core instance $three (instantiate $three))
  (core module $fifty (func (export "step") (result i32) (i32.const 50)))
  (core instance $fifty (instantiate $fifty))

  (core module $counter
    (import "config" "step" (func $step (result i32)))
    (global $count (mut i32) (i32.const 0))
    (table $steps 1 funcref)
    (elem $passive func $add)
    (func $add (global.set $count (i32.add (global.get $count) (call $step))))
    (func (export "next") (result i32)
      (table.init $steps $passive (i32.const 0) (i32.const 0) (i32.const 1))
      (call_indirect $steps (i32.const 0))
      (global.get $count)))
  (core instance $one (instantiate $counter (with "config" (instance $three))))
  (core instance $two (instantiate $counter (with "config" (instance $fifty))))

  (core module $main
    (import "one" "next" (func $one (result i32)))
    (import "two" "next" (func $two (result i32)))
    (func (export "run") (param i32) (result i32)
      (drop (call $one))
      (i32.add (i32.add (local.get 0) (call $one)) (call $two))))
  (core instance $main (instantiate $main
    (with "one" (instance $one))
    (with "two" (instance $two))))

  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $main "run")))
)
