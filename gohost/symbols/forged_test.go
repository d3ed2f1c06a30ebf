package symbols

import (
	"bytes"
	"encoding/binary"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// unitOf returns .debug_info with a unit that has these entries.
func unitOf(version byte, entries ...byte) []byte {
	body := []byte{version, 0, 0, 0, 0, 0, addressSize}
	if version >= 5 {
		body = []byte{version, 0, 1, addressSize, 0, 0, 0, 0}
	}
	return sized(append(body, entries...))
}

func sized(data []byte) []byte {
	return append(binary.LittleEndian.AppendUint32(nil, uint32(len(data))), data...)
}

// Entries of the forms 1, a unit with lines at 0, and 2, the subject of a test.
var anUnit = []byte{1, 0, 0, 0, 0}

func formsOf(attributes ...byte) []byte {
	forms := append([]byte{1, 0x11, 1, 0x10, 0x17, 0, 0, 2, 0x2e, 0}, attributes...)
	return append(forms, 0, 0, 0)
}

func repeated(n int, part ...byte) []byte { return bytes.Repeat(part, n) }

func TestForgedEntriesTakeLittle(t *testing.T) {
	const n = 3000
	long := append([]byte(strings.Repeat("x", maxName)), 0)
	for name, debug := range map[string]map[string][]byte{
		"fields": {
			".debug_abbrev": formsOf(repeated(n, 0x3c, 0x19)...), // flags that take no byte
			".debug_info":   unitOf(4, append(anUnit, repeated(n, 2)...)...),
		},
		"strings": {
			".debug_abbrev": formsOf(0x03, 0x0e, 0x6e, 0x0e),
			".debug_info":   unitOf(4, append(anUnit, repeated(n, 2, 0, 0, 0, 0, 0, 0, 0, 0)...)...),
			".debug_str":    long,
		},
		"ranges": {
			".debug_abbrev": formsOf(0x55, 0x17),
			".debug_info":   unitOf(4, append(anUnit, repeated(n, 2, 0, 0, 0, 0)...)...),
			".debug_ranges": append(repeated(n, 255, 255, 255, 255, 1, 0, 0, 0), make([]byte, 8)...),
		},
		"ranges of version 5": {
			".debug_abbrev":   formsOf(0x55, 0x17),
			".debug_info":     unitOf(5, append(anUnit, repeated(n, 2, 0, 0, 0, 0)...)...),
			".debug_rnglists": append(repeated(n, 5, 1, 0, 0, 0), 0),
		},
		"forms": {".debug_abbrev": make([]byte, maxAbbrevs+1)},
	} {
		_, err := newIndex(debug)
		require.ErrorIs(t, err, errTooMuch, name)
	}
	for name, info := range map[string][]byte{
		"addresses of 8 bytes": sized([]byte{4, 0, 0, 0, 0, 0, 8, 1}),
		"64-bit lengths":       append([]byte{255, 255, 255, 255}, make([]byte, 20)...),
	} {
		_, err := newIndex(map[string][]byte{".debug_abbrev": formsOf(), ".debug_info": info})
		require.ErrorIs(t, err, errDWARF, name)
	}
	// A function takes a byte at least, and a few in the index.
	x, err := newIndex(map[string][]byte{
		".debug_abbrev": formsOf(), ".debug_info": unitOf(4, append(anUnit, repeated(n, 2)...)...),
	})
	require.NoError(t, err)
	assert.Len(t, x.named, n)
}

// linesOf returns .debug_line with a table that has this after the lengths of opcodes.
func linesOf(version byte, tables []byte, program ...byte) []byte {
	header := []byte{1, 1, 1, 0xfb, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1}
	header = append(header, tables...)
	table := []byte{version, 0}
	if version >= 5 {
		table = append(table, addressSize, 0)
	}
	table = append(append(table, sized(header)...), program...)
	return sized(table)
}

func TestForgedLinesTakeLittle(t *testing.T) {
	dir := append([]byte(strings.Repeat("d", maxName)), 0)
	tablesOf4 := func(files ...byte) []byte { return append(append(append(dir[:len(dir):len(dir)], 0), files...), 0) }
	honest := tablesOf4('f', 0, 1, 0, 0)
	const n = maxPaths/maxName + 1
	for name, debug := range map[string]struct {
		version byte
		lines   []byte
		honest  bool
	}{
		"honest":                   {4, linesOf(4, honest), true},
		"honest, version 5":        {5, linesOf(5, []byte{1, 1, 8, 1, 'd', 0, 1, 1, 8, 1, 'f', 0}), true},
		"directories":              {5, linesOf(5, append(binary.AppendUvarint([]byte{1, 1, 8}, 1<<32), 0, 0)), false},
		"more":                     {5, linesOf(5, append(binary.AppendUvarint([]byte{1, 1, 8}, math.MaxUint64), 0, 0)), false},
		"without forms":            {5, linesOf(5, append(binary.AppendUvarint([]byte{0}, 1<<60), 0, 0)), false},
		"files":                    {5, linesOf(5, append(binary.AppendUvarint([]byte{1, 1, 8, 0, 1, 1, 8}, 1<<32), 0, 0)), false},
		"a form that is not known": {5, linesOf(5, []byte{1, 1, 0x55, 200, 0, 0}), false},
		"long directories":         {4, linesOf(4, tablesOf4(repeated(n, 'f', 0, 1, 0, 0)...)), false},
		"long strings": {5, linesOf(5, append(append(
			binary.AppendUvarint([]byte{0, 0, 1, 1, 0x1f}, n), repeated(n, 0, 0, 0, 0)...), 0)), false},
		"files of the program":          {4, linesOf(4, honest, repeated(n, 0, 6, 3, 'f', 0, 1, 0, 0)...), false},
		"files with padded lengths":     {4, linesOf(4, honest, repeated(n, 0, 0x86, 0x80, 0, 3, 'f', 0, 1, 0, 0)...), false},
		"a directory that is not there": {4, linesOf(4, tablesOf4(append(binary.AppendUvarint([]byte{'f', 0}, math.MaxUint64), 0, 0)...)), true},
	} {
		t.Run(name, func(t *testing.T) {
			x, err := newIndex(map[string][]byte{
				".debug_abbrev":   formsOf(0x11, 0x01, 0x12, 0x01), // low and high address
				".debug_info":     unitOf(debug.version, append(anUnit, 2, 1, 0, 0, 0, 9, 0, 0, 0)...),
				".debug_line":     debug.lines,
				".debug_line_str": dir,
			})
			require.NoError(t, err)
			assert.Equal(t, debug.honest, x.hasHonestHeader(x.units[0].entry))
			frames := x.frames(2)
			require.Len(t, frames, 1)
			assert.Empty(t, frames[0].File)
		})
	}
}
