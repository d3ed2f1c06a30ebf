;; The world of records.wit. The guest does as little as it can, so that what remains
;; is the work of the host: it takes a list where realloc put it, and returns one that
;; is in its memory.
(component
  (core module $records
    (memory (export "memory") 8)
    ;; The result of produce is at 16, arguments from 1 KiB, the points from 256 KiB.
    (func (export "cabi_realloc") (param $old i32) (param $old-size i32) (param $align i32) (param $size i32) (result i32)
      (if (i32.gt_u (local.get $size) (i32.const 0x3fc00)) (then (unreachable)))
      (i32.const 0x400))
    (func (export "consume") (param $points i32) (param $count i32) (result f64)
      (f64.load offset=8
        (i32.add (local.get $points) (i32.mul (i32.sub (local.get $count) (i32.const 1)) (i32.const 16)))))
    (func (export "produce") (param $count i32) (result i32)
      (if (i32.gt_u (local.get $count) (i32.const 0x4000)) (then (unreachable)))
      (i32.store (i32.const 16) (i32.const 0x40000))
      (i32.store (i32.const 20) (local.get $count))
      (i32.const 16))
    (func $fill (local $i i32) (local $at i32)
      (local.set $at (i32.const 0x40000))
      (loop $next
        (i64.store (local.get $at) (i64.extend_i32_u (local.get $i)))
        (f64.store offset=8 (local.get $at) (f64.mul (f64.convert_i32_u (local.get $i)) (f64.const 0.5)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (local.set $i (i32.add (local.get $i) (i32.const 1)))
        (br_if $next (i32.lt_u (local.get $i) (i32.const 0x4000)))))
    (start $fill))
  (core instance $i (instantiate $records))
  (type $record (record (field "timestamp" u64) (field "value" f64)))
  (export $point "point" (type $record))
  (type $consume (func (param "points" (list $point)) (result f64)))
  (type $produce (func (param "count" u32) (result (list $point))))
  (func $consumed (type $consume)
    (canon lift (core func $i "consume") (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))
  (func $produced (type $produce) (canon lift (core func $i "produce") (memory (core memory $i "memory"))))
  (export "consume" (func $consumed))
  (export "produce" (func $produced)))
