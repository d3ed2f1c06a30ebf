;; Implements lists.wit: keeps the last list, and gives it back. Results are at 16;
;; realloc begins again with every list that is taken.
(module
  (memory (export "memory") 1)
  (global $next (mut i32) (i32.const 64))
  (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $next) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $next (i32.add (local.get $at) (local.get $size)))
    (block $enough
      (loop $more
        (br_if $enough (i32.le_u (global.get $next) (i32.mul (memory.size) (i32.const 65536))))
        (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then unreachable))
        (br $more)))
    (local.get $at))
  (func $take (param $at i32) (param $n i32)
    (i32.store (i32.const 16) (local.get $at))
    (i32.store (i32.const 20) (local.get $n))
    (global.set $next (i32.const 64)))
  (func $give (result i32) (i32.const 16))
  (export "test:lists/lists@0.1.0#take-points" (func $take))
  (export "test:lists/lists@0.1.0#give-points" (func $give))
  (export "test:lists/lists@0.1.0#take-nested" (func $take))
  (export "test:lists/lists@0.1.0#give-nested" (func $give))
  (export "test:lists/lists@0.1.0#take-strings" (func $take))
  (export "test:lists/lists@0.1.0#give-strings" (func $give))
  (export "test:lists/lists@0.1.0#take-named" (func $take))
  (export "test:lists/lists@0.1.0#give-named" (func $give))
  (export "test:lists/lists@0.1.0#take-shapes" (func $take))
  (export "test:lists/lists@0.1.0#give-shapes" (func $give))
  (func (export "test:lists/lists@0.1.0#next") (param $n i32) (result i32) (i32.add (local.get $n) (i32.const 1))))
