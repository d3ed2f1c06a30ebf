package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
)

// never, as the expected checksum, is what a module made by [hanging] does not
// answer.
const never uint32 = 0xdeadbeef

// hanging returns the module, which must import nothing, with an endless loop
// in validate-checksum for the expected checksum [never]. So it is a right
// implementation that passes every self-test, and hangs for one input.
func hanging(wasm []byte) ([]byte, error) {
	const function = "org:compute/pipeline@0.1.0#validate-checksum"
	if len(wasm) < 8 {
		return nil, errTruncated
	}
	sections, err := split(wasm)
	if err != nil {
		return nil, err
	}
	index := -1
	out := bytes.Clone(wasm[:8])
	for _, s := range sections {
		switch s.id {
		case 2:
			return nil, errors.New("the module has imports")
		case 7:
			if index, err = exported(s.content, function); err != nil {
				return nil, err
			}
		case 10:
			if s.content, err = prepend(s.content, index); err != nil {
				return nil, err
			}
		}
		out = binary.AppendUvarint(append(out, s.id), uint64(len(s.content)))
		out = append(out, s.content...)
	}
	return out, nil
}

type section struct {
	id      byte
	content []byte
}

func split(wasm []byte) ([]section, error) {
	var all []section
	for rest := wasm[8:]; len(rest) > 0; {
		id := rest[0]
		content, after, err := sized(rest[1:])
		if err != nil {
			return nil, fmt.Errorf("section %d: %w", id, err)
		}
		all, rest = append(all, section{id, content}), after
	}
	return all, nil
}

// exported finds the index of an exported function.
func exported(content []byte, name string) (int, error) {
	n, rest, err := number(content)
	for ; n > 0 && err == nil; n-- {
		var export []byte
		if export, rest, err = sized(rest); err != nil || len(rest) == 0 {
			break
		}
		kind := rest[0]
		var index uint64
		if index, rest, err = number(rest[1:]); err == nil && kind == 0 && string(export) == name {
			return int(index), nil
		}
	}
	return 0, errors.Join(fmt.Errorf("no export %s", name), err)
}

// prepend puts the loop before the code of one function.
func prepend(content []byte, index int) ([]byte, error) {
	n, rest, err := number(content)
	if err != nil || index < 0 || uint64(index) >= n {
		return nil, fmt.Errorf("there is no code of function %d: %w", index, err)
	}
	out := binary.AppendUvarint(nil, n)
	for i := range int(n) {
		var body []byte
		if body, rest, err = sized(rest); err != nil {
			return nil, err
		}
		if i == index {
			if body, err = looped(body); err != nil {
				return nil, err
			}
		}
		out = append(binary.AppendUvarint(out, uint64(len(body))), body...)
	}
	return out, nil
}

// looped is the body of a function with the loop between its locals and its
// code.
func looped(body []byte) ([]byte, error) {
	groups, rest, err := number(body)
	for ; groups > 0 && err == nil; groups-- {
		if _, rest, err = number(rest); err == nil && len(rest) > 0 {
			rest = rest[1:] // the type
		}
	}
	if err != nil {
		return nil, err
	}
	locals := body[:len(body)-len(rest)]
	code := []byte{
		0x20, 2, // local.get, the expected checksum
		0x41, 0xef, 0xfd, 0xb6, 0xf5, 0x7d, // i32.const 0xdeadbeef
		0x46, 0x04, 0x40, // i32.eq, if
		0x03, 0x40, 0x0c, 0, 0x0b, // loop, br 0, end
		0x0b, // end
	}
	return append(append(bytes.Clone(locals), code...), rest...), nil
}

var errTruncated = errors.New("the module is cut off")

func number(b []byte) (n uint64, rest []byte, err error) {
	n, size := binary.Uvarint(b)
	if size <= 0 {
		return 0, nil, errTruncated
	}
	return n, b[size:], nil
}

// sized reads bytes with their length before them.
func sized(b []byte) (content, rest []byte, err error) {
	n, rest, err := number(b)
	if err != nil || n > uint64(len(rest)) {
		return nil, nil, errTruncated
	}
	return rest[:n], rest[n:], nil
}
