;; Imports and exports an interface each. Tests change the version.
(component
  (import "test:evolves/log@1.0.0-rc.1" (instance $log
    (export "sink" (type $sink (sub resource)))
    (export "log" (func (param "n" u32)))
    (export "[constructor]sink" (func (param "n" u32) (result (own $sink))))))
  (core module $module
    (import "test:evolves/log@1.0.0-rc.1" "log" (func $log (param i32)))
    (import "test:evolves/log@1.0.0-rc.1" "[constructor]sink" (func $sink (param i32) (result i32)))
    (import "test:evolves/log@1.0.0-rc.1" "[resource-drop]sink" (func $drop (param i32)))
    (func (export "test:evolves/api@1.0.0-rc.1#run") (param i32) (result i32)
      (call $log (local.get 0))
      (call $drop (call $sink (local.get 0)))
      (i32.add (local.get 0) (i32.const 1)))
    (func (export "test:evolves/api@1.0.0-rc.1#stop") (call $log (i32.const 1000))))
  (core func $log-core (canon lower (func $log "log")))
  (core func $sink-core (canon lower (func $log "[constructor]sink")))
  (alias export $log "sink" (type $sink))
  (core func $drop-core (canon resource.drop $sink))
  (core instance $given
    (export "log" (func $log-core))
    (export "[constructor]sink" (func $sink-core))
    (export "[resource-drop]sink" (func $drop-core)))
  (core instance $main (instantiate $module (with "test:evolves/log@1.0.0-rc.1" (instance $given))))
  (func $run (param "n" u32) (result u32) (canon lift (core func $main "test:evolves/api@1.0.0-rc.1#run")))
  (func $stop (canon lift (core func $main "test:evolves/api@1.0.0-rc.1#stop")))
  (instance $api (export "run" (func $run)) (export "stop" (func $stop)))
  (export "test:evolves/api@1.0.0-rc.1" (instance $api)))
