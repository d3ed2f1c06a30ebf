package symbols

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// places returns a module that clang made of places.c.
func places(t testing.TB, version int) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", "places.dwarf"+strconv.Itoa(version)+".wasm"))
	require.NoError(t, err)
	return wasm
}

// readPlaces returns its symbols and its code.
func readPlaces(t testing.TB, version int) (*Symbols, Code) {
	t.Helper()
	wasm := places(t, version)
	s, err := Read(wasm)
	require.NoError(t, err)
	codes, err := Codes(wasm)
	require.NoError(t, err)
	require.Len(t, codes, 1)
	return s, codes[0]
}

// place returns where a text is in places.c.
func place(t testing.TB, text string, column int) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "places.c"))
	require.NoError(t, err)
	before, _, ok := strings.Cut(string(source), text)
	require.True(t, ok, text)
	place := "/places/places.c:" + strconv.Itoa(strings.Count(before, "\n")+1)
	if column > 0 {
		place += ":" + strconv.Itoa(column)
	}
	return place
}

// The division in places.wasm, an i32.div_s, in the code section.
const division = 0x55

func TestFramesOfInlinedFunctions(t *testing.T) {
	for _, version := range []int{4, 5} {
		s, code := readPlaces(t, version)
		path, err := s.Path(code.ID)
		require.NoError(t, err)
		var got []string
		for _, frame := range path.Frames(division) {
			got = append(got, frame.String())
		}
		assert.Equal(t, []string{
			"divide at " + place(t, "// the division", 12) + " (inlined)",
			"twice at " + place(t, "// the calls of divide", 10) + " (inlined)",
			"work at " + place(t, "// the call of twice", 10),
		}, got, "DWARF %d", version)
		body, ok := code.Body(0)
		require.True(t, ok)
		frames := path.Frames(body)
		require.Len(t, frames, 1)
		assert.Equal(t, "run at "+place(t, `((export_name("run")))`, 0), frames[0].String())
		assert.Empty(t, path.Frames(0), "the number of functions is no code")
		assert.Empty(t, path.Frames(1<<40))
	}
}

func TestFunctionsByOffsetAndName(t *testing.T) {
	_, code := readPlaces(t, 4)
	for offset, want := range map[uint64]uint32{2: 0, 0x17: 0, division: 1, 92: 1} {
		got, ok := code.Function(offset)
		assert.True(t, ok, offset)
		assert.Equal(t, want, got, offset)
	}
	for _, offset := range []uint64{0, 1, 93, 1 << 60} {
		_, ok := code.Function(offset)
		assert.False(t, ok, offset)
	}
	work, ok := code.Named("work")
	assert.True(t, ok)
	assert.Equal(t, uint32(1), work)
	_, ok = code.Named("twice")
	assert.False(t, ok, "it is no function of the module")
	_, ok = code.Body(2)
	assert.False(t, ok)
}

// The sections of names and imports, by hand.
func TestFunctionsBehindImports(t *testing.T) {
	imports := []byte{
		4,
		1, 'm', 1, 'f', 0, 0, // a function
		1, 'm', 1, 't', 1, 0x70, 1, 1, 2, // a table
		1, 'm', 1, 'm', 2, 0, 1, // a memory
		1, 'm', 1, 'g', 3, 0x7f, 0, // a global
	}
	section := func(id byte, contents ...byte) []byte {
		return append([]byte{id, byte(len(contents))}, contents...)
	}
	wasm := append([]byte("\x00asm\x01\x00\x00\x00"), section(importSection, imports...)...)
	wasm = append(wasm, section(codeSection, 3, 2, 0, 0x0b, 2, 0, 0x0b, 2, 0, 0x0b)...)
	wasm = sections.AppendCustom(wasm, "name", []byte{1, 16, 3, 1, 1, 'a', 2, 4, 't', 'w', 'i', 'n', 3, 4, 't', 'w', 'i'}, []byte{'n'})
	codes, err := Codes(wasm)
	require.NoError(t, err)
	code := codes[0]
	first, _ := code.Body(1)
	assert.Equal(t, uint64(2), first)
	_, ok := code.Body(0)
	assert.False(t, ok, "it is imported")
	function, _ := code.Function(5)
	assert.Equal(t, uint32(2), function)
	function, _ = code.Named("a")
	assert.Equal(t, uint32(1), function)
	_, ok = code.Named("twin")
	assert.False(t, ok, "two functions have the name")

	for end := range imports {
		_, err := importedFunctions(imports[:end])
		assert.ErrorIs(t, err, errForm, end)
	}
}

func TestCodeInAComponent(t *testing.T) {
	core := places(t, 4)
	component := append([]byte("\x00asm\x0d\x00\x01\x00"), sections.CoreModule, byte(len(core)&0x7f|0x80), byte(len(core)>>7))
	component = append(component, core...)
	codes, err := Codes(component)
	require.NoError(t, err)
	_, plain := readPlaces(t, 4)
	require.Len(t, codes, 1)
	assert.Equal(t, plain.ID, codes[0].ID)
	assert.Equal(t, plain.Start+11, codes[0].Start)
	s, err := Read(component)
	require.NoError(t, err)
	path, err := s.Path(plain.ID)
	require.NoError(t, err)
	assert.Len(t, path.Frames(division), 3)
}

func TestFilesWithoutSymbols(t *testing.T) {
	wasm := places(t, 4)
	_, err := Read([]byte("\x00asm\x01\x00\x00\x00"))
	require.ErrorIs(t, err, ErrNone)
	_, err = Read([]byte("\x7fELF"))
	require.ErrorIs(t, err, sections.ErrForm)
	_, err = Read(nil)
	require.ErrorIs(t, err, sections.ErrForm)
	_, err = Read(wasm[:900]) // the lines are missing, and part of a section
	require.ErrorIs(t, err, sections.ErrForm)
	_, err = Read(sections.AppendCustom([]byte("\x00asm\x01\x00\x00\x00\x0a\x01\x05"), "x"))
	require.ErrorIs(t, err, errForm)
	_, err = Read(sections.AppendCustom(wasm, mapSection, []byte("short")))
	require.ErrorIs(t, err, errMap)
}

// Each byte of the debug information is changed: the result is an error, or frames that are
// wrong, but nothing worse.
func TestDamagedDebugInformation(t *testing.T) {
	for _, version := range []int{4, 5} {
		wasm := places(t, version)
		for at := 157; at < len(wasm); at++ {
			for _, value := range []byte{0, 0x80, 0xff} {
				damaged := append([]byte(nil), wasm...)
				damaged[at] = value
				useAll(damaged)
			}
		}
	}
}

// useAll does all that can be done with symbols.
func useAll(wasm []byte) {
	codes, err := Codes(wasm)
	if err != nil || len(codes) == 0 {
		return
	}
	s, err := Read(wasm)
	if err != nil {
		return
	}
	path, err := s.Path(codes[0].ID)
	if err != nil {
		return
	}
	for offset := range uint64(100) {
		for _, frame := range path.Frames(offset) {
			_ = frame.String()
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(places(f, 4))
	f.Add(places(f, 5))
	f.Fuzz(func(_ *testing.T, wasm []byte) { useAll(wasm) })
}

func TestStringsThatAreTooLong(t *testing.T) {
	_, err := newIndex(map[string][]byte{".debug_str": make([]byte, maxString+1)})
	require.NotErrorIs(t, err, errTooMuch, "each byte is a string")
	_, err = newIndex(map[string][]byte{".debug_str": []byte(strings.Repeat("x", maxString+1))})
	require.ErrorIs(t, err, errTooMuch)
}

func TestNamesAreShownOnALine(t *testing.T) {
	assert.Equal(t, "a?[31mb?", readableName("a\x1b[31mb\n"))
}
