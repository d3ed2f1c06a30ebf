;; Calls a guest's realloc for each string of a list: the host has written the lengths
;; into the list's elements, {ptr, len} from $at to $end, and this writes the addresses.
(module
  (import "guest" "memory" (memory 0))
  (import "guest" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (func $reallocs (export "reallocs") (param $at i32) (param $end i32)
    (loop $next
      (i32.store (local.get $at)
        (call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.load offset=4 (local.get $at))))
      (br_if $next
        (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end))))))
