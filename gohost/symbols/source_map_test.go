package symbols

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/sections"
)

// readVLQ reads the numbers of a segment.
func readVLQ(t *testing.T, segment string) (numbers []int) {
	t.Helper()
	value, shift := 0, 0
	for _, c := range segment {
		digit := strings.IndexRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c)
		require.GreaterOrEqual(t, digit, 0, segment)
		value |= digit & 31 << shift
		shift += 5
		if digit&32 != 0 {
			continue
		}
		if value&1 != 0 {
			value = -value
		}
		numbers = append(numbers, value/2)
		value, shift = 0, 0
	}
	return numbers
}

func TestNumbersOfSourceMaps(t *testing.T) {
	for n, want := range map[int]string{0: "A", 1: "C", -1: "D", 15: "e", 16: "gB", -16: "hB", 511: "+f", 512: "ggB"} {
		var text strings.Builder
		appendVLQ(&text, n)
		assert.Equal(t, want, text.String(), "%d", n)
	}
}

// placesIn returns what a reader of a source map finds at each offset of a file, or "".
func placesIn(t *testing.T, data []byte, size int) []string {
	t.Helper()
	var m sourceMap
	require.NoError(t, json.Unmarshal(data, &m))
	require.Equal(t, 3, m.Version)
	require.Len(t, m.Contents, len(m.Sources))
	places := make([]string, size)
	if m.Mappings == "" {
		return places
	}
	var at [4]int
	found := ""
	for _, segment := range strings.Split(m.Mappings, ",") {
		numbers := readVLQ(t, segment)
		require.Contains(t, []int{1, 4}, len(numbers))
		for i := range numbers[0] {
			places[at[0]+i] = found
		}
		for i, n := range numbers {
			at[i] += n
		}
		before := found
		if found = ""; len(numbers) == 4 {
			found = fmt.Sprintf("%s:%d:%d", m.Sources[at[1]], at[2]+1, at[3]+1)
		}
		require.NotEqual(t, before, found, "a segment that says nothing")
	}
	for i := at[0]; i < size; i++ {
		places[i] = found
	}
	return places
}

func noText(string) *string { return nil }

func TestSourceMapSaysWhatFramesSay(t *testing.T) {
	for _, version := range []int{4, 5} {
		s, code := readPlaces(t, version)
		whole, err := s.Path(code.ID)
		require.NoError(t, err)
		// Rewritten code: an instruction at the division's place that the compiler did not write,
		// and all behind it moved.
		moved := CodeMap{oldSize: code.size, newSize: code.size + 3, points: []point{{2, 5}, {division, division + 3}}}
		rewritten, err := s.Path(code.ID, moved)
		require.NoError(t, err)
		for name, target := range map[string]Target{
			"as the compiler wrote it": {Code: code, Path: whole},
			"rewritten":                {Code: Code{Start: code.Start, size: code.size + 3}, Path: rewritten},
		} {
			data, err := SourceMap(t.Context(), target, noText)
			require.NoError(t, err)
			size := int(target.Code.Start + target.Code.size)
			found, mapped := placesIn(t, data, size), 0
			want, function := "", ""
			for i, got := range found {
				var frames []Frame
				if offset, ok := target.Code.InFile(uint64(i)); ok {
					frames = target.Path.Frames(offset)
				}
				switch {
				case len(frames) == 0:
					want, function = "", ""
				case frames[0].Line > 0:
					want = fmt.Sprintf("file://%s:%d:%d", frames[0].File, frames[0].Line, max(frames[0].Column, 1))
					mapped++
				case frames[len(frames)-1].Function != function:
					want = ""
				}
				if len(frames) > 0 {
					function = frames[len(frames)-1].Function
				}
				require.Equal(t, want, got, "%s, DWARF %d, byte %d", name, version, i)
			}
			assert.Greater(t, mapped, 50, name)
		}
		data, err := SourceMap(t.Context(), Target{Code: code, Path: whole}, noText)
		require.NoError(t, err)
		found := placesIn(t, data, int(code.Start+code.size))
		assert.Equal(t, "file://"+place(t, "// the division", 12), found[code.Start+division])
	}
}

// Instructions of no line are in the line before, if that is in the same function.
func TestLine0InSourceMaps(t *testing.T) {
	s, code := readPlaces(t, 4)
	path, err := s.Path(code.ID)
	require.NoError(t, err)
	target := Target{Code: code, Path: path}
	placesOf := func() []string {
		data, err := SourceMap(t.Context(), target, noText)
		require.NoError(t, err)
		return placesIn(t, data, int(code.Start+code.size))[code.Start:]
	}
	before := placesOf()
	body, ok := code.Body(1)
	require.True(t, ok)
	of := int(division)
	for before[of-1] == before[division] {
		of--
	}
	for _, rows := range s.dwarf.units[0].table.sequences {
		for i := range rows {
			if at := int(rows[i].address); at == of || at < int(body)+4 && at >= int(body) {
				rows[i].line = 0
			}
		}
	}
	after := placesOf()
	assert.Equal(t, before[of-1], after[of])
	assert.NotEmpty(t, before[body])
	assert.NotEmpty(t, after[body-2])
	assert.Empty(t, after[body], "the line before is of another function")
}

func TestSourceMapHasTheTextOfSources(t *testing.T) {
	s, code := readPlaces(t, 4)
	path, err := s.Path(code.ID)
	require.NoError(t, err)
	text := "the source"
	data, err := SourceMap(t.Context(), Target{Code: code, Path: path}, func(path string) *string {
		assert.Equal(t, "/places/places.c", path)
		return &text
	})
	require.NoError(t, err)
	var m sourceMap
	require.NoError(t, json.Unmarshal(data, &m))
	assert.Equal(t, []string{"file:///places/places.c"}, m.Sources)
	assert.Equal(t, []*string{&text}, m.Contents)
}

func TestFileURL(t *testing.T) {
	for file, want := range map[string]string{
		"/rustc/59807616/core.rs": "file:///rustc/59807616/core.rs",
		"/a b/c#d?e%f.rs":         "file:///a%20b/c%23d%3Fe%25f.rs",
		`C:\work\a.c`:             "file:///C:/work/a.c",
		"src/a b.rs":              "src/a%20b.rs",
		"a:b.rs":                  "./a:b.rs",
		"//host/a.c":              "file:////host/a.c",
		"":                        "",
	} {
		assert.Equal(t, want, fileURL(file), file)
	}
}

// A map is written of what was read before the debug information ends.
func TestSourceMapOfTruncatedDebugInformation(t *testing.T) {
	for _, version := range []int{4, 5} {
		wasm := places(t, version)
		_, code := readPlaces(t, version)
		for section := range code.debug {
			for n := range code.debug[section] {
				cut := append([]byte{}, wasm[:8]...)
				require.NoError(t, sections.Each(wasm, func(id byte, contents []byte) error {
					if name, payload, _ := sections.Named(contents); id == sections.Custom && string(name) == section {
						cut = sections.AppendCustom(cut, section, payload[:n])
					} else {
						cut = append(binary.AppendUvarint(append(cut, id), uint64(len(contents))), contents...)
					}
					return nil
				}))
				s, err := Read(cut)
				if err != nil {
					continue
				}
				path, err := s.Path(code.ID)
				require.NoError(t, err)
				data, err := SourceMap(t.Context(), Target{Code: code, Path: path}, noText)
				require.NoError(t, err, "%s cut at %d", section, n)
				for i, found := range placesIn(t, data, int(code.Start+code.size)) {
					assert.True(t, found == "" || i > int(code.Start), "%s cut at %d: %q at %d", section, n, found, i)
				}
			}
		}
	}
}

func TestBoundsOfSourceMaps(t *testing.T) {
	s, code := readPlaces(t, 4)
	path, err := s.Path(code.ID)
	require.NoError(t, err)
	target := Target{Code: code, Path: path}
	data, err := SourceMap(t.Context(), target, noText)
	require.NoError(t, err)
	var m sourceMap
	require.NoError(t, json.Unmarshal(data, &m))
	enough := len(m.Mappings) + len(m.Sources[0])
	for limit, want := range map[int]error{enough: nil, enough - 1: errTooMuch, 0: errTooMuch} {
		_, err := writeSourceMap(t.Context(), target, noText, limit)
		require.ErrorIs(t, err, want)
	}

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = SourceMap(ctx, target, noText)
	require.ErrorIs(t, err, context.Canceled)

	// No unit is read after those with too many paths.
	s, code = readPlaces(t, 4)
	s.dwarf.paths = maxPaths
	path, err = s.Path(code.ID)
	require.NoError(t, err)
	data, err = SourceMap(t.Context(), Target{Code: code, Path: path}, noText)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &m))
	assert.Empty(t, m.Mappings)
	s, code = readPlaces(t, 4)
	path, err = s.Path(code.ID)
	require.NoError(t, err)
	require.NotEmpty(t, path.Frames(division))
	assert.Equal(t, len("/places/places.c"), s.dwarf.paths)
}

func TestWithSourceMap(t *testing.T) {
	wasm := places(t, 4)
	mapped, err := WithSourceMap(wasm, []byte(`{"version":3}`))
	require.NoError(t, err)
	assert.Equal(t, string(wasm)+"\x00\x43\x10sourceMappingURL\x31data:application/json;base64,eyJ2ZXJzaW9uIjozfQ==", string(mapped))
	for _, wasm := range [][]byte{mapped, []byte("no module"), wasm[:30]} {
		_, err = WithSourceMap(wasm, nil)
		require.Error(t, err)
	}
}
