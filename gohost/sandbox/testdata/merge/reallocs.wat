;; Core modules that each make room for what an import returns to them, and for what the host
;; passes. run(text) is where the text is (4096), and what the import returned to one (256) and
;; to the other (512) core module.
(component
  (import "get" (func $get (result string)))
  (core module $memory (memory (export "memory") 1))
  (core instance $memory (instantiate $memory))
  (alias core export $memory "memory" (core memory $memory))

  (core module $room
    (import "config" "at" (global $at i32))
    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (global.get $at)))
  (core module $at256 (global (export "at") i32 (i32.const 256)))
  (core module $at512 (global (export "at") i32 (i32.const 512)))
  (core module $at4096 (global (export "at") i32 (i32.const 4096)))
  (core instance $at256 (instantiate $at256))
  (core instance $at512 (instantiate $at512))
  (core instance $at4096 (instantiate $at4096))
  (core instance $one (instantiate $room (with "config" (instance $at256))))
  (core instance $two (instantiate $room (with "config" (instance $at512))))
  (core instance $own (instantiate $room (with "config" (instance $at4096))))

  (core func $get-one (canon lower (func $get) (memory $memory)
    (realloc (core func $one "realloc"))))
  (core func $get-two (canon lower (func $get) (memory $memory)
    (realloc (core func $two "realloc"))))

  (core module $main
    (import "env" "memory" (memory 1))
    (import "one" "get" (func $one (param i32)))
    (import "two" "get" (func $two (param i32)))
    (func (export "run") (param i32 i32) (result i32)
      (call $two (i32.const 0))
      (call $one (i32.const 8))
      (i32.add (local.get 0) (i32.add (i32.load (i32.const 0)) (i32.load (i32.const 8))))))
  (core instance $main (instantiate $main
    (with "env" (instance $memory))
    (with "one" (instance (export "get" (func $get-one))))
    (with "two" (instance (export "get" (func $get-two))))))

  (func (export "run") (param "text" string) (result u32)
    (canon lift (core func $main "run") (memory $memory) (realloc (core func $own "realloc"))))
)
