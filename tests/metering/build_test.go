package metering

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// What follows writes modules too large, or too wrong, to be written as text.

const (
	typeSection = iota + 1
	importSection
	functionSection
	tableSection
	memorySection
	globalSection
	exportSection
	startSection
	elementSection
	codeSection
)

const (
	opLoop     = 0x03
	opBlock    = 0x02
	opIf       = 0x04
	opEnd      = 0x0b
	opBr       = 0x0c
	opBrIf     = 0x0d
	opBrTable  = 0x0e
	opCall     = 0x10
	opIndirect = 0x11
	opDrop     = 0x1a
	opLocalGet = 0x20
	opSet      = 0x24
	opI32Const = 0x41
	opI64Const = 0x42
	void       = 0x40
)

// voidType is a type section of one type, without parameters and results.
var voidType = section(typeSection, vector([]byte{0x60, 0, 0}))

func module(sections ...[]byte) []byte {
	return append([]byte("\x00asm\x01\x00\x00\x00"), slices.Concat(sections...)...)
}

func section(id byte, content []byte) []byte {
	return append(append([]byte{id}, number(len(content))...), content...)
}

func number(n int) []byte { return binary.AppendUvarint(nil, uint64(n)) }

func vector(items ...[]byte) []byte {
	return append(number(len(items)), slices.Concat(items...)...)
}

// repeated is an item n times.
func repeated(n int, item ...byte) []byte { return bytes.Repeat(item, n) }

func named(name string) []byte { return append(number(len(name)), name...) }

// exported exports something of a kind (0 a function, 3 a global).
func exported(name string, kind byte, index int) []byte {
	return slices.Concat(named(name), []byte{kind}, number(index))
}

// body is a function's, with locals as encoded and an end.
func body(locals []byte, code ...[]byte) []byte {
	content := slices.Concat(locals, slices.Concat(code...), []byte{opEnd})
	return append(number(len(content)), content...)
}

// noLocals is the declaration of none.
var noLocals = []byte{0}

// program is a module of one exported function, run, of no parameters.
func program(locals []byte, code ...[]byte) []byte {
	return module(voidType,
		section(functionSection, vector([]byte{0})),
		section(exportSection, vector(exported("run", 0, 0))),
		section(codeSection, vector(body(locals, code...))))
}

// signed is a signed LEB128 of a number that is not negative.
func signed(n int) []byte {
	var out []byte
	for ; n >= 64; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}
