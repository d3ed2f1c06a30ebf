;; Core modules that share a memory, a table and a global, as dynamically linked libraries
;; do. run(n) is 3 * n (through the table), 7 (data), 1025 (the stack pointer) and n + 100
;; (a function whose reference its own export declares).
(component
  (core module $libc
    (memory (export "memory") 1)
    (table (export "table") 8 funcref)
    (global (export "sp") (mut i32) (i32.const 1024))
    (global (export "memory_base") i32 (i32.const 64))
    (global (export "table_base") i32 (i32.const 2))
    (func (export "double") (param i32) (result i32)
      (i32.mul (local.get 0) (i32.const 2))))
  (core instance $libc (instantiate $libc))

  (core module $triple
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 4 funcref))
    (import "env" "memory_base" (global $memory i32))
    (import "env" "table_base" (global $table i32))
    (import "env" "sp" (global $sp (mut i32)))
    (import "env" "double" (func $double (param i32) (result i32)))
    (global (export "seven") i32 (i32.add (global.get $memory) (i32.const 4)))
    (global (export "slot") i32
      (i32.sub (i32.mul (global.get $table) (i32.const 2)) (i32.const 1)))
    (elem (offset (i32.add (global.get $table) (i32.const 1))) func $triple)
    (data (offset (global.get $memory)) "....\07")
    (func $triple (param i32) (result i32)
      (global.set $sp (i32.add (global.get $sp) (i32.const 1)))
      (i32.add (local.get 0) (call $double (local.get 0)))))
  (core instance $triple (instantiate $triple (with "env" (instance $libc))))

  (core module $main
    (type $unused (func (param i64)))
    (type $f (func (param i32) (result i32)))
    (import "env" "table" (table $table 8 funcref))
    (import "env" "memory" (memory 1))
    (import "env" "sp" (global $sp (mut i32)))
    (import "got" "slot" (global $slot i32))
    (import "got" "seven" (global $seven i32))
    (table $own 1 funcref)
    (func $plus (export "plus") (type $f)
      (i32.add (local.get 0) (i32.const 100)))
    (func (export "run") (param i32) (result i32)
      (table.set $own (i32.const 0) (ref.func $plus))
      (table.copy $table $own (i32.const 7) (i32.const 0) (i32.const 1))
      (local.get 0)
      (block (type $f)
        (call_indirect $table (type $f) (global.get $slot)))
      (i32.add (i32.load8_u (global.get $seven)))
      (i32.add (call_indirect $table (type $f) (local.get 0) (i32.const 7)))
      (i32.add (global.get $sp))))
  (core instance $main (instantiate $main
    (with "env" (instance $libc))
    (with "got" (instance $triple))))

  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $main "run")))
)
