;; Exports of a core module that reach another one through bundles with other names. run(n) is
;; n, 1 (a function), 20 (an element), 300 (the memory) and 4000 (a global).
(component
  (core module $lib
    (memory (export "m") 1 2)
    (table (export "t") 1 500 funcref)
    (global (export "g") i32 (i32.const 4000))
    (elem (i32.const 0) func $twenty)
    (data (i32.const 16) "\2c\01")
    (func $twenty (result i32) (i32.const 20))
    (func (export "f") (result i32) (i32.const 1)))
  (core instance $lib (instantiate $lib))
  (alias core export $lib "f" (core func $f))
  (alias core export $lib "t" (core table $t))
  (alias core export $lib "m" (core memory $m))
  (alias core export $lib "g" (core global $g))
  (core instance $bundle
    (export "f1" (func $f))
    (export "t1" (table $t))
    (export "m1" (memory $m))
    (export "g1" (global $g)))
  (alias core export $bundle "f1" (core func $f1))
  (alias core export $bundle "t1" (core table $t1))
  (alias core export $bundle "m1" (core memory $m1))
  (alias core export $bundle "g1" (core global $g1))

  (core module $main
    (import "env" "f2" (func $f (result i32)))
    (import "env" "t2" (table 1 1000 funcref))
    (import "env" "m2" (memory 1 10))
    (import "env" "g2" (global $g i32))
    (func (export "run") (param i32) (result i32)
      (i32.add (local.get 0) (call $f))
      (i32.add (call_indirect (result i32) (i32.const 0)))
      (i32.add (i32.load16_u (i32.const 16)))
      (i32.add (global.get $g))))
  (core instance $main (instantiate $main
    (with "env" (instance
      (export "f2" (func $f1))
      (export "t2" (table $t1))
      (export "m2" (memory $m1))
      (export "g2" (global $g1))))))

  (alias core export $main "run" (core func $run))
  (core instance $exports (export "go" (func $run)))
  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $exports "go")))
)
