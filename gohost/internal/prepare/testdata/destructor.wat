;; Core modules whose imports return values in different rooms. While the import of run runs,
;; the host may run the destructor, which calls the import that has the room of the exports.
;; run returns what both imports returned: where the texts are.
(component
  (import "get" (func $get (result string)))
  (core module $room
    (memory (export "memory") 1)
    (func (export "at-256") (param i32 i32 i32 i32) (result i32) (i32.const 256))
    (func (export "at-4096") (param i32 i32 i32 i32) (result i32) (i32.const 4096)))
  (core instance $room (instantiate $room))
  (alias core export $room "memory" (core memory $memory))
  (core func $get-other (canon lower (func $get) (memory $memory)
    (realloc (core func $room "at-256"))))
  (core func $get-own (canon lower (func $get) (memory $memory)
    (realloc (core func $room "at-4096"))))

  (core module $main
    (import "room" "memory" (memory 1))
    (import "get" "other" (func $other (param i32)))
    (import "get" "own" (func $own (param i32)))
    (func (export "free") (param i32) (call $own (i32.const 8)))
    (func (export "run") (param i32 i32) (result i64)
      (call $other (i32.const 0))
      (i64.or
        (i64.load32_u (i32.const 0))
        (i64.shl (i64.load32_u (i32.const 8)) (i64.const 32)))))
  (core instance $main (instantiate $main
    (with "room" (instance $room))
    (with "get" (instance (export "other" (func $get-other)) (export "own" (func $get-own))))))

  (type $thing (resource (rep i32) (dtor (core func $main "free"))))
  (func $run (param "text" string) (result u64)
    (canon lift (core func $main "run") (memory $memory) (realloc (core func $room "at-4096"))))
  (instance $things (export "thing" (type $thing)) (export "run" (func $run)))
  (export "ex:a/things@1.0.0" (instance $things)))
