;; Exports two versions of an interface and imports two of another. The functions and
;; resources of a version are told by a number: 1 or 3.
(module
  (import "test:two/log@0.2.1" "log" (func $log1 (param i32)))
  (import "test:two/log@0.2.3" "log" (func $log3 (param i32)))
  (import "test:two/log@0.2.1" "log" (func $log1-again (param i32)))
  (import "[export]test:two/api@0.2.1" "[resource-new]r" (func $new1 (param i32) (result i32)))
  (import "[export]test:two/api@0.2.3" "[resource-new]r" (func $new3 (param i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "test:two/api@0.2.1#run") (result i32) (call $log1 (i32.const 1)) (i32.const 1))
  (func (export "test:two/api@0.2.3#run") (result i32) (call $log3 (i32.const 3)) (i32.const 3))
  (func (export "test:two/api@0.2.1#[constructor]r") (result i32) (call $new1 (i32.const 1)))
  (func (export "test:two/api@0.2.3#[constructor]r") (result i32) (call $new3 (i32.const 3)))
  (func (export "test:two/api@0.2.1#[dtor]r") (param $r i32) (call $log1-again (i32.add (i32.const 10) (local.get $r))))
  (func (export "test:two/api@0.2.3#[dtor]r") (param $r i32) (call $log3 (i32.add (i32.const 10) (local.get $r)))))
