;; The core module of evolves.wat.
(module
  (import "test:evolves/log@1.0.0-rc.1" "log" (func $log (param i32)))
  (import "test:evolves/log@1.0.0-rc.1" "[constructor]sink" (func $sink (param i32) (result i32)))
  (import "test:evolves/log@1.0.0-rc.1" "[resource-drop]sink" (func $drop (param i32)))
  (func (export "test:evolves/api@1.0.0-rc.1#run") (param i32) (result i32)
    (call $log (local.get 0))
    (call $drop (call $sink (local.get 0)))
    (i32.add (local.get 0) (i32.const 1)))
  (func (export "test:evolves/api@1.0.0-rc.1#stop") (call $log (i32.const 1000))))
