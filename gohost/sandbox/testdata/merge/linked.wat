;; Two libraries, linked by `wasm-tools component link`: $a calls $b, which calls $a back
;; through the table, and a start function puts addresses into globals and calls the
;; constructor of $b. run(n) is 2 * n + 7 (a function of $b), n + 7 (one of $a, by its
;; address) and 1000 (what the constructor writes).
(component
  (core module (;0;)
    (type (;0;) (func (param i32) (result i32)))
    (type (;1;) (func (param i32) (result i32)))
    (table (;0;) 3 funcref)
    (memory (;0;) 17)
    (global (;0;) (mut i32) i32.const 1048576)
    (global (;1;) i32 i32.const 1048592)
    (global (;2;) i32 i32.const 1)
    (global (;3;) (mut i32) i32.const 0)
    (global (;4;) i32 i32.const 1048608)
    (global (;5;) i32 i32.const 1)
    (global (;6;) (mut i32) i32.const 1)
    (export "__stack_pointer" (global 0))
    (export "a:memory_base" (global 1))
    (export "a:table_base" (global 2))
    (export "a:cell" (global 3))
    (export "b:memory_base" (global 4))
    (export "b:table_base" (global 5))
    (export "a:back" (global 6))
    (export "back" (func 0))
    (export "twice" (func 1))
    (export "__indirect_function_table" (table 0))
    (export "memory" (memory 0))
    (func (;0;) (type 0) (param i32) (result i32)
      local.get 0
      i32.const 1
      call_indirect (type 0)
    )
    (func (;1;) (type 1) (param i32) (result i32)
      local.get 0
      i32.const 2
      call_indirect (type 1)
    )
  )
  (core module (;1;)
    (type (;0;) (func (param i32) (result i32)))
    (import "env" "memory" (memory (;0;) 1))
    (import "env" "__indirect_function_table" (table (;0;) 0 funcref))
    (import "env" "__memory_base" (global (;0;) i32))
    (import "env" "__stack_pointer" (global (;1;) (mut i32)))
    (import "env" "twice" (func (;0;) (type 0) (param i32) (result i32)))
    (import "GOT.func" "back" (global (;2;) (mut i32)))
    (import "GOT.mem" "cell" (global (;3;) (mut i32)))
    (export "run" (func 1))
    (export "back" (func 2))
    (func (;1;) (type 0) (param i32) (result i32)
      local.get 0
      call 0
      local.get 0
      global.get 2
      call_indirect (type 0)
      global.get 3
      i32.load
      i32.add
      i32.add
    )
    (func (;2;) (type 0) (param i32) (result i32)
      local.get 0
      global.get 0
      i32.load8_u
      i32.add
    )
    (data (;0;) (global.get 0) "\07")
  )
  (core module (;2;)
    (type (;0;) (func (param i32) (result i32)))
    (type (;1;) (func))
    (import "env" "memory" (memory (;0;) 1))
    (import "env" "__memory_base" (global (;0;) i32))
    (import "env" "back" (func (;0;) (type 0) (param i32) (result i32)))
    (global (;1;) i32 i32.const 4)
    (export "cell" (global 1))
    (export "twice" (func 1))
    (export "__wasm_call_ctors" (func 2))
    (func (;1;) (type 0) (param i32) (result i32)
      local.get 0
      call 0
      local.get 0
      i32.add
    )
    (func (;2;) (type 1)
      global.get 0
      i32.const 1000
      i32.store offset=4
    )
    (data (;0;) (global.get 0) "\09")
  )
  (core instance (;0;) (instantiate 0))
  (alias core export 0 "memory" (core memory (;0;)))
  (alias core export 0 "__indirect_function_table" (core table (;0;)))
  (alias core export 0 "a:memory_base" (core global (;0;)))
  (alias core export 0 "__stack_pointer" (core global (;1;)))
  (alias core export 0 "twice" (core func (;0;)))
  (core instance (;1;)
    (export "memory" (memory 0))
    (export "__indirect_function_table" (table 0))
    (export "__memory_base" (global 0))
    (export "__stack_pointer" (global 1))
    (export "twice" (func 0))
  )
  (alias core export 0 "a:back" (core global (;2;)))
  (core instance (;2;)
    (export "back" (global 2))
  )
  (alias core export 0 "a:cell" (core global (;3;)))
  (core instance (;3;)
    (export "cell" (global 3))
  )
  (core instance (;4;) (instantiate 1
      (with "env" (instance 1))
      (with "GOT.func" (instance 2))
      (with "GOT.mem" (instance 3))
    )
  )
  (alias core export 0 "b:memory_base" (core global (;4;)))
  (alias core export 4 "back" (core func (;1;)))
  (core instance (;5;)
    (export "memory" (memory 0))
    (export "__memory_base" (global 4))
    (export "back" (func 1))
  )
  (core instance (;6;) (instantiate 2
      (with "env" (instance 5))
    )
  )
  (core module (;3;)
    (type (;0;) (func))
    (type (;1;) (func (param i32) (result i32)))
    (import "main" "memory" (memory (;0;) 0))
    (import "main" "__indirect_function_table" (table (;0;) 0 funcref))
    (import "main" "b:memory_base" (global (;0;) i32))
    (import "b" "cell" (global (;1;) i32))
    (import "main" "a:cell" (global (;2;) (mut i32)))
    (import "b" "__wasm_call_ctors" (func (;0;) (type 0)))
    (import "a" "back" (func (;1;) (type 1) (param i32) (result i32)))
    (import "b" "twice" (func (;2;) (type 1) (param i32) (result i32)))
    (start 3)
    (elem (;0;) (i32.const 1) func)
    (elem (;1;) (i32.const 1) func 1 2)
    (func (;3;) (type 0)
      global.get 0
      global.get 1
      i32.add
      global.set 2
      call 0
    )
    (data (;0;) (i32.const 1048576) "\00\00\00\00\00\00\10\00")
  )
  (core instance (;7;) (instantiate 3
      (with "main" (instance 0))
      (with "b" (instance 6))
      (with "a" (instance 4))
    )
  )
  (type (;0;) (func (param "n" u32) (result u32)))
  (alias core export 4 "run" (core func (;2;)))
  (func (;0;) (type 0) (canon lift (core func 2)))
  (export (;1;) "run" (func 0))
)
