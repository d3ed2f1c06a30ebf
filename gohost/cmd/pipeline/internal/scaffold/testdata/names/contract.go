//go:build wasip1

package main

// The world my-org:my-pkg/my-world@1.2.0 in Go, with the canonical ABI. Written by pipeline new plugin; change
// plugin.go.

import (
	"slices"
	"strings"
	"unsafe"
)

// Result is a result of WIT.
type Result[T, E any] struct {
	IsErr bool
	OK    T
	Err   E
}

// load reads a value that lies in memory as the ABI has it.
func load[T any](p unsafe.Pointer) T { return *(*T)(p) }

func store[T any](p unsafe.Pointer, v T) { *(*T)(p) = v }

// loadNumbers returns a copy of a list, of which the address and the length are at p.
func loadNumbers[T any](p unsafe.Pointer) []T {
	return slices.Clone(unsafe.Slice((*T)(unsafe.Add(nil, load[uint32](p))), load[uint32](unsafe.Add(p, 4))))
}

func storeNumbers[T any](p unsafe.Pointer, v []T) {
	data := lend(uint32(len(v)) * uint32(unsafe.Sizeof(*new(T))))
	copy(unsafe.Slice((*T)(data), len(v)), v)
	store(p, address(data))
	store(unsafe.Add(p, 4), uint32(len(v)))
}

func loadString(p unsafe.Pointer) string {
	return strings.Clone(unsafe.String((*byte)(unsafe.Add(nil, load[uint32](p))), load[uint32](unsafe.Add(p, 4))))
}

func storeString(p unsafe.Pointer, v string) { storeNumbers(p, []byte(v)) }

// loadList loads a list with a function for its elements, of a size.
func loadList[T any](p unsafe.Pointer, size uint32, element func(unsafe.Pointer) T) []T {
	data, n := unsafe.Add(nil, load[uint32](p)), load[uint32](unsafe.Add(p, 4))
	v := make([]T, n)
	for i := range v {
		v[i] = element(unsafe.Add(data, uint32(i)*size))
	}
	return v
}

func storeList[T any](p unsafe.Pointer, v []T, size uint32, element func(unsafe.Pointer, T)) {
	data := lend(uint32(len(v)) * size)
	for i := range v {
		element(unsafe.Add(data, uint32(i)*size), v[i])
	}
	store(p, address(data))
	store(unsafe.Add(p, 4), uint32(len(v)))
}

type Guest struct {
	ID uint32
}

type Color uint8

const (
	ColorRed   Color = 0
	ColorGreen Color = 1
)

type Bits uint8

const (
	BitsA Bits = 1 << 0
	BitsB Bits = 1 << 1
)

type HTTPCode = uint16

// Conn is a handle of a resource of the host.
type Conn struct{ handle uint32 }

type Colour = Color

// Shape is one of its cases.
type Shape interface{ isShape() }

type (
	ShapeCircle struct{ Value float64 }
	ShapeNone   struct{}
)

func (ShapeCircle) isShape() {}
func (ShapeNone) isShape()   {}

//go:wasmimport my-org:my-pkg/types@1.2.0 [resource-drop]conn
func importDropConn(handle uint32)

// Drop gives the handle back. A handle that was given away must not be dropped.
func (r Conn) Drop() { importDropConn(r.handle) }

//go:wasmimport my-org:my-pkg/types@1.2.0 [constructor]conn
func importTypesConstructorConn() uint32

func NewConn() Conn {
	var args [1]uint64
	p := unsafe.Pointer(&args)
	result := importTypesConstructorConn()
	store(p, uint32(result))
	return load[Conn](p)
}

//go:wasmimport my-org:my-pkg/types@1.2.0 [method]conn.send
func importTypesMethodConnSend(a0 uint32, a1 uint32, a2 uint32) uint32

func (r Conn) Send(x []uint8) Result[struct{}, struct{}] {
	var args [2]uint64
	p := unsafe.Pointer(&args)
	store[Conn](p, r)
	store7(unsafe.Add(p, 4), x)
	var a0 uint32
	var a1 uint32
	var a2 uint32
	a0 = uint32(load[uint32](p))
	a1 = uint32(load[uint32](unsafe.Add(p, 4)))
	a2 = uint32(load[uint32](unsafe.Add(p, 8)))
	result := importTypesMethodConnSend(a0, a1, a2)
	store(p, uint8(result))
	return load8(p)
}

//go:wasmimport my-org:my-pkg/async-type@1.2.0 loop
func importAsyncTypeLoop(a0 uint32, a1 uint32, a2 uint32, a3 uint32, a4 uint32, result unsafe.Pointer)

func asyncTypeLoop(selfID uint8, type_ *[]Tuple3[uint8, string, rune], c Colour) Result[struct{}, Shape] {
	var args [3]uint64
	p := unsafe.Pointer(&args)
	store[uint8](p, selfID)
	store16(unsafe.Add(p, 4), type_)
	store[Color](unsafe.Add(p, 16), c)
	var a0 uint32
	var a1 uint32
	var a2 uint32
	var a3 uint32
	var a4 uint32
	a0 = uint32(load[uint8](p))
	a1 = uint32(load[uint8](unsafe.Add(p, 4)))
	switch load[uint8](unsafe.Add(p, 4)) {
	case 1:
		a2 = uint32(load[uint32](unsafe.Add(p, 8)))
		a3 = uint32(load[uint32](unsafe.Add(p, 12)))
	}
	a4 = uint32(load[uint8](unsafe.Add(p, 16)))
	var result [3]uint64
	importAsyncTypeLoop(a0, a1, a2, a3, a4, unsafe.Pointer(&result))
	return load17(unsafe.Pointer(&result))
}

//go:wasmimport my-org:my-pkg/async-type@1.2.0 a1-b2
func importAsyncTypeA1B2(a0 uint32, a1 uint32, a2 uint32, a3 uint32, a4 uint32, a5 uint32, a6 uint32, a7 float32, a8 uint64, result unsafe.Pointer)

func asyncTypeA1B2(x Result[uint8, struct{}], y Result[uint32, string], g Guest, bs Bits, f float32, t Tuple1[int64]) Tuple2[int8, []Guest] {
	var args [5]uint64
	p := unsafe.Pointer(&args)
	store18(p, x)
	store19(unsafe.Add(p, 4), y)
	storeGuest(unsafe.Add(p, 16), g)
	store[Bits](unsafe.Add(p, 20), bs)
	store[float32](unsafe.Add(p, 24), f)
	store20(unsafe.Add(p, 32), t)
	var a0 uint32
	var a1 uint32
	var a2 uint32
	var a3 uint32
	var a4 uint32
	var a5 uint32
	var a6 uint32
	var a7 float32
	var a8 uint64
	a0 = uint32(load[uint8](p))
	switch load[uint8](p) {
	case 0:
		a1 = uint32(load[uint8](unsafe.Add(p, 1)))
	}
	a2 = uint32(load[uint8](unsafe.Add(p, 4)))
	switch load[uint8](unsafe.Add(p, 4)) {
	case 0:
		a3 = uint32(load[uint32](unsafe.Add(p, 8)))
	case 1:
		a3 = uint32(load[uint32](unsafe.Add(p, 8)))
		a4 = uint32(load[uint32](unsafe.Add(p, 12)))
	}
	a5 = uint32(load[uint32](unsafe.Add(p, 16)))
	a6 = uint32(load[uint8](unsafe.Add(p, 20)))
	a7 = load[float32](unsafe.Add(p, 24))
	a8 = uint64(load[uint64](unsafe.Add(p, 32)))
	var result [2]uint64
	importAsyncTypeA1B2(a0, a1, a2, a3, a4, a5, a6, a7, a8, unsafe.Pointer(&result))
	return load22(unsafe.Pointer(&result))
}

//go:wasmimport my-org:my-pkg/async-type@1.2.0 use-conn
func importAsyncTypeUseConn(a0 uint32, a1 uint32, a2 uint32, a3 uint32, a4 uint32, a5 uint32)

func asyncTypeUseConn(c Conn, d Conn, aVeryLongParameterName string, anotherVeryLongParameterName []string) {
	var args [3]uint64
	p := unsafe.Pointer(&args)
	store[Conn](p, c)
	store[Conn](unsafe.Add(p, 4), d)
	storeString(unsafe.Add(p, 8), aVeryLongParameterName)
	store25(unsafe.Add(p, 16), anotherVeryLongParameterName)
	var a0 uint32
	var a1 uint32
	var a2 uint32
	var a3 uint32
	var a4 uint32
	var a5 uint32
	a0 = uint32(load[uint32](p))
	a1 = uint32(load[uint32](unsafe.Add(p, 4)))
	a2 = uint32(load[uint32](unsafe.Add(p, 8)))
	a3 = uint32(load[uint32](unsafe.Add(p, 12)))
	a4 = uint32(load[uint32](unsafe.Add(p, 16)))
	a5 = uint32(load[uint32](unsafe.Add(p, 20)))
	importAsyncTypeUseConn(a0, a1, a2, a3, a4, a5)
}

//go:wasmexport run
func exportRun(a0 uint32) unsafe.Pointer {
	var args [1]uint64
	p := unsafe.Pointer(&args)
	store(p, uint8(a0))
	result := run(load[Color](p))
	out := lend(8)
	store27(out, result)
	return out
}

//go:wasmexport cabi_post_run
func postRun(unsafe.Pointer) { release() }

//go:wasmexport stop
func exportStop() {
	stop()
	release()
}

//go:wasmexport my-org:my-pkg/async-type@1.2.0#loop
func exportExportedAsyncTypeLoop(a0 uint32, a1 uint32, a2 uint32, a3 uint32, a4 uint32) unsafe.Pointer {
	var args [3]uint64
	p := unsafe.Pointer(&args)
	store(p, uint8(a0))
	store(unsafe.Add(p, 4), uint8(a1))
	switch a1 {
	case 1:
		store(unsafe.Add(p, 8), uint32(a2))
		store(unsafe.Add(p, 12), uint32(a3))
	}
	store(unsafe.Add(p, 16), uint8(a4))
	result := exportedAsyncTypeLoop(load[uint8](p), load16(unsafe.Add(p, 4)), load[Color](unsafe.Add(p, 16)))
	out := lend(24)
	store17(out, result)
	return out
}

//go:wasmexport cabi_post_my-org:my-pkg/async-type@1.2.0#loop
func postExportedAsyncTypeLoop(unsafe.Pointer) { release() }

//go:wasmexport my-org:my-pkg/async-type@1.2.0#a1-b2
func exportExportedAsyncTypeA1B2(a0 uint32, a1 uint32, a2 uint32, a3 uint32, a4 uint32, a5 uint32, a6 uint32, a7 float32, a8 uint64) unsafe.Pointer {
	var args [5]uint64
	p := unsafe.Pointer(&args)
	store(p, uint8(a0))
	switch a0 {
	case 0:
		store(unsafe.Add(p, 1), uint8(a1))
	}
	store(unsafe.Add(p, 4), uint8(a2))
	switch a2 {
	case 0:
		store(unsafe.Add(p, 8), uint32(a3))
	case 1:
		store(unsafe.Add(p, 8), uint32(a3))
		store(unsafe.Add(p, 12), uint32(a4))
	}
	store(unsafe.Add(p, 16), uint32(a5))
	store(unsafe.Add(p, 20), uint8(a6))
	store(unsafe.Add(p, 24), a7)
	store(unsafe.Add(p, 32), uint64(a8))
	result := exportedAsyncTypeA1B2(load18(p), load19(unsafe.Add(p, 4)), loadGuest(unsafe.Add(p, 16)), load[Bits](unsafe.Add(p, 20)), load[float32](unsafe.Add(p, 24)), load20(unsafe.Add(p, 32)))
	out := lend(12)
	store22(out, result)
	return out
}

//go:wasmexport cabi_post_my-org:my-pkg/async-type@1.2.0#a1-b2
func postExportedAsyncTypeA1B2(unsafe.Pointer) { release() }

//go:wasmexport my-org:my-pkg/async-type@1.2.0#use-conn
func exportExportedAsyncTypeUseConn(a0 uint32, a1 uint32, a2 uint32, a3 uint32, a4 uint32, a5 uint32) {
	var args [3]uint64
	p := unsafe.Pointer(&args)
	store(p, uint32(a0))
	store(unsafe.Add(p, 4), uint32(a1))
	store(unsafe.Add(p, 8), uint32(a2))
	store(unsafe.Add(p, 12), uint32(a3))
	store(unsafe.Add(p, 16), uint32(a4))
	store(unsafe.Add(p, 20), uint32(a5))
	exportedAsyncTypeUseConn(load[Conn](p), load[Conn](unsafe.Add(p, 4)), loadString(unsafe.Add(p, 8)), load25(unsafe.Add(p, 16)))
	release()
}

func store7(p unsafe.Pointer, v []uint8) {
	storeNumbers(p, v)
}

func load8(p unsafe.Pointer) Result[struct{}, struct{}] {
	if load[uint8](p) != 0 {
		return Result[struct{}, struct{}]{IsErr: true}
	}
	return Result[struct{}, struct{}]{}
}

// Tuple3 is a tuple of WIT.
type Tuple3[T0, T1, T2 any] struct {
	F0 T0
	F1 T1
	F2 T2
}

func store14(p unsafe.Pointer, v Tuple3[uint8, string, rune]) {
	store[uint8](p, v.F0)
	storeString(unsafe.Add(p, 4), v.F1)
	store[rune](unsafe.Add(p, 12), v.F2)
}

func store15(p unsafe.Pointer, v []Tuple3[uint8, string, rune]) {
	storeList(p, v, 16, store14)
}

func store16(p unsafe.Pointer, v *[]Tuple3[uint8, string, rune]) {
	store(p, uint8(0))
	if v != nil {
		store(p, uint8(1))
		store15(unsafe.Add(p, 4), *v)
	}
}

func loadShape(p unsafe.Pointer) Shape {
	switch load[uint8](p) {
	case 0:
		return ShapeCircle{Value: load[float64](unsafe.Add(p, 8))}
	case 1:
		return ShapeNone{}
	}
	panic("no case of shape")
}

func load17(p unsafe.Pointer) Result[struct{}, Shape] {
	if load[uint8](p) != 0 {
		return Result[struct{}, Shape]{IsErr: true, Err: loadShape(unsafe.Add(p, 8))}
	}
	return Result[struct{}, Shape]{}
}

// Tuple1 is a tuple of WIT.
type Tuple1[T0 any] struct {
	F0 T0
}

// Tuple2 is a tuple of WIT.
type Tuple2[T0, T1 any] struct {
	F0 T0
	F1 T1
}

func store18(p unsafe.Pointer, v Result[uint8, struct{}]) {
	if v.IsErr {
		store(p, uint8(1))
	} else {
		store(p, uint8(0))
		store[uint8](unsafe.Add(p, 1), v.OK)
	}
}

func store19(p unsafe.Pointer, v Result[uint32, string]) {
	if v.IsErr {
		store(p, uint8(1))
		storeString(unsafe.Add(p, 4), v.Err)
	} else {
		store(p, uint8(0))
		store[uint32](unsafe.Add(p, 4), v.OK)
	}
}

func storeGuest(p unsafe.Pointer, v Guest) {
	store[uint32](p, v.ID)
}

func store20(p unsafe.Pointer, v Tuple1[int64]) {
	store[int64](p, v.F0)
}

func loadGuest(p unsafe.Pointer) Guest {
	return Guest{
		ID: load[uint32](p),
	}
}

func load21(p unsafe.Pointer) []Guest {
	return loadList(p, 4, loadGuest)
}

func load22(p unsafe.Pointer) Tuple2[int8, []Guest] {
	return Tuple2[int8, []Guest]{
		F0: load[int8](p),
		F1: load21(unsafe.Add(p, 4)),
	}
}

func store25(p unsafe.Pointer, v []string) {
	storeList(p, v, 8, storeString)
}

func store27(p unsafe.Pointer, v []uint32) {
	storeNumbers(p, v)
}

func load14(p unsafe.Pointer) Tuple3[uint8, string, rune] {
	return Tuple3[uint8, string, rune]{
		F0: load[uint8](p),
		F1: loadString(unsafe.Add(p, 4)),
		F2: load[rune](unsafe.Add(p, 12)),
	}
}

func load15(p unsafe.Pointer) []Tuple3[uint8, string, rune] {
	return loadList(p, 16, load14)
}

func load16(p unsafe.Pointer) *[]Tuple3[uint8, string, rune] {
	if load[uint8](p) == 0 {
		return nil
	}
	v := load15(unsafe.Add(p, 4))
	return &v
}

func storeShape(p unsafe.Pointer, v Shape) {
	switch v := v.(type) {
	case ShapeCircle:
		store(p, uint8(0))
		store[float64](unsafe.Add(p, 8), v.Value)
	case ShapeNone:
		store(p, uint8(1))
	default:
		panic("nil is no shape")
	}
}

func store17(p unsafe.Pointer, v Result[struct{}, Shape]) {
	if v.IsErr {
		store(p, uint8(1))
		storeShape(unsafe.Add(p, 8), v.Err)
	} else {
		store(p, uint8(0))
	}
}

func load18(p unsafe.Pointer) Result[uint8, struct{}] {
	if load[uint8](p) != 0 {
		return Result[uint8, struct{}]{IsErr: true}
	}
	return Result[uint8, struct{}]{OK: load[uint8](unsafe.Add(p, 1))}
}

func load19(p unsafe.Pointer) Result[uint32, string] {
	if load[uint8](p) != 0 {
		return Result[uint32, string]{IsErr: true, Err: loadString(unsafe.Add(p, 4))}
	}
	return Result[uint32, string]{OK: load[uint32](unsafe.Add(p, 4))}
}

func load20(p unsafe.Pointer) Tuple1[int64] {
	return Tuple1[int64]{
		F0: load[int64](p),
	}
}

func store21(p unsafe.Pointer, v []Guest) {
	storeList(p, v, 4, storeGuest)
}

func store22(p unsafe.Pointer, v Tuple2[int8, []Guest]) {
	store[int8](p, v.F0)
	store21(unsafe.Add(p, 4), v.F1)
}

func load25(p unsafe.Pointer) []string {
	return loadList(p, 8, loadString)
}
