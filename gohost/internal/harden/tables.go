package harden

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// MaxTableEntries is how many entries all tables of a module may have together.
// An entry takes 8 bytes of the host's memory, and wazero has no limit of its own.
const MaxTableEntries = 1 << 20

const (
	headerSize   = 8
	tableSection = 4
)

var errMalformed = errors.New("malformed section")

// BoundTables gives each table of a validated module a maximum, so that all of
// them together never have more than MaxTableEntries: table.grow answers -1
// beyond that. Nothing moves within the code section. It takes linear time.
func BoundTables(module []byte) ([]byte, error) {
	for at := headerSize; at < len(module); {
		id := module[at]
		size, n := binary.Uvarint(module[at+1:])
		begin := at + 1 + n
		if n <= 0 || size > uint64(len(module)-begin) {
			return nil, errMalformed
		}
		end := begin + int(size)
		if id != tableSection {
			at = end
			continue
		}
		tables, err := boundedTables(module[begin:end])
		if err != nil {
			return nil, err
		}
		out := append(make([]byte, 0, len(module)+64), module[:at]...)
		out = append(out, tableSection)
		out = binary.AppendUvarint(out, uint64(len(tables)))
		out = append(out, tables...)
		return append(out, module[end:]...), nil
	}
	return module, nil
}

// table is a table type of WebAssembly 2.0.
type table struct {
	kind     byte
	min, max uint64
}

func boundedTables(section []byte) ([]byte, error) {
	bad := false
	number := func() uint64 {
		v, n := binary.Uvarint(section)
		if n <= 0 {
			bad, section = true, nil
			return 0
		}
		section = section[n:]
		return v
	}
	count := number()
	var tables []table
	free := uint64(MaxTableEntries)
	for range count {
		t := table{kind: byte(number()), max: MaxTableEntries}
		bounded := number() == 1
		if t.min = number(); bounded {
			t.max = number()
		}
		if bad {
			return nil, errMalformed
		}
		if t.min > free {
			return nil, fmt.Errorf("%w: its tables start with more than %d entries", ErrTooLarge, MaxTableEntries)
		}
		free -= t.min
		tables = append(tables, t)
	}
	out := binary.AppendUvarint(nil, count)
	for _, t := range tables {
		out = append(out, t.kind, 1)
		out = binary.AppendUvarint(out, t.min)
		out = binary.AppendUvarint(out, min(t.max, t.min+free/count))
	}
	return out, nil
}
