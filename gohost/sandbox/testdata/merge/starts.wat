;; Core modules that start one after the other. The first copies what its data is, times ten;
;; the second adds a hundred times its own data, which lies over that of the first. The third
;; has no start function, but data and elements. run(n) is n, 210 (what the start functions
;; wrote), 3 (the data of the third), 5 (data that the start of the fourth copies) and 1000
;; (an element of the third).
(component
  (core module $first
    (memory (export "memory") 1)
    (table (export "table") 2 funcref)
    (data (i32.const 0) "\01")
    (func $start (i32.store (i32.const 8) (i32.mul (i32.load8_u (i32.const 0)) (i32.const 10))))
    (start $start))
  (core instance $first (instantiate $first))

  (core module $second
    (import "env" "memory" (memory 1))
    (data (i32.const 0) "\02")
    (func $start
      (i32.store (i32.const 8)
        (i32.add (i32.load (i32.const 8))
          (i32.mul (i32.load8_u (i32.const 0)) (i32.const 100)))))
    (start $start))
  (core instance $second (instantiate $second (with "env" (instance $first))))

  (core module $third
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 2 funcref))
    (data (i32.const 0) "\03")
    (data $later "\09\05")
    (elem (i32.const 1) funcref (item (ref.func $thousand)))
    (func $thousand (result i32) (i32.const 1000))
    (func (export "init")
      (memory.init $later (i32.const 1) (i32.const 1) (i32.const 1))
      (data.drop $later)))
  (core instance $third (instantiate $third (with "env" (instance $first))))

  (core module $fourth
    (import "env" "memory" (memory 1))
    (import "env" "table" (table 2 funcref))
    (import "third" "init" (func $init))
    (start $init)
    (func (export "run") (param i32) (result i32)
      (local.get 0)
      (i32.add (i32.load (i32.const 8)))
      (i32.add (i32.load8_u (i32.const 0)))
      (i32.add (i32.load8_u (i32.const 1)))
      (i32.add (call_indirect (result i32) (i32.const 1)))))
  (core instance $fourth (instantiate $fourth
    (with "env" (instance $first))
    (with "third" (instance $third))))

  (func (export "run") (param "n" u32) (result u32) (canon lift (core func $fourth "run")))
)
