;; A module that has a page's nodes made, by a call for each.
(module
  (import "page" "node" (func $node (param f64 f64)))
  (import "page" "named" (func $named (param i32 i32 i32 i32 f64 f64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "circlemark")
  (func (export "nodes") (param $n i32)
    (local $i i32)
    (if (i32.eqz (local.get $n)) (then (return)))
    (loop $again
      (call $node (f64.convert_i32_u (local.get $i)) (f64.mul (f64.convert_i32_u (local.get $i)) (f64.const 0.5)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n)))))
  ;; The same with the names of the element and of its class, as texts in its memory.
  (func (export "named-nodes") (param $n i32)
    (local $i i32)
    (if (i32.eqz (local.get $n)) (then (return)))
    (loop $again
      (call $named
        (i32.const 0) (i32.const 6) (i32.const 6) (i32.const 4)
        (f64.convert_i32_u (local.get $i)) (f64.mul (f64.convert_i32_u (local.get $i)) (f64.const 0.5)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (local.get $n))))))
