package symbols

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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

func TestSourceMapSaysWhatFramesSay(t *testing.T) {
	for _, version := range []int{4, 5} {
		s, code := readPlaces(t, version)
		path, err := s.Path(code.ID)
		require.NoError(t, err)
		content := "the source"
		data, err := SourceMap(Target{Code: code, Path: path}, func(path string) SourceFile {
			return SourceFile{Name: "shown" + path, Content: &content}
		})
		require.NoError(t, err)
		var m sourceMap
		require.NoError(t, json.Unmarshal(data, &m))
		assert.Equal(t, 3, m.Version)
		require.NotEmpty(t, m.Sources)
		require.Len(t, m.Contents, len(m.Sources))
		assert.Equal(t, content, *m.Contents[0])

		// What a reader of the map finds at the division.
		var at [4]int
		found := ""
		for _, segment := range strings.Split(m.Mappings, ",") {
			numbers := readVLQ(t, segment)
			if at[0]+numbers[0] > int(code.Start)+division {
				break
			}
			for i, n := range numbers {
				at[i] += n
			}
			found = ""
			if len(numbers) == 4 {
				found = fmt.Sprintf("%s:%d:%d", m.Sources[at[1]], at[2]+1, at[3]+1)
			}
		}
		assert.Equal(t, "shown"+place(t, "// the division", 12), found)
	}
}
