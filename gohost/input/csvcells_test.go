package input

import (
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// A row of separators takes memory by its bytes, not by its cells, wherever it is.
func TestARowOfSeparatorsTakesLittleMemory(t *testing.T) {
	const size = 4 << 20
	commas := strings.Repeat(",", size)
	lots := strings.Repeat("\"\n\",", size/4)
	for name, test := range map[string]struct{ text, want string }{
		"row":            {"time,value,note\n1,2,a\n2,3," + commas + "\n", "line 3, column 1: expected 3 cells as in the first row, found 4194307"},
		"row after rows": {"time,value,note\n1,2,\"a\nb\"\n\n\r\n2,3," + commas, "line 6, column 1: expected 3 cells as in the first row, found 4194307"},
		"lines":          {"time,value,note\n1,2," + lots + "\n", "line 2, column 1: expected 3 cells as in the first row, found 1048579"},
		"header":         {commas + "\n1,2\n", "line 1, column 1: the first row has 4194305 cells; expected up to 65536"},
		"too long":       {"time,value,note\n1,2," + strings.Repeat(commas, 5), "line 2, column 1: expected 3 cells as in the first row, found 1"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := pointsOf(t, test.text, Options{Format: CSV})
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, test.want, name)
		assert.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(16*len(test.text)+(16<<20)), name)
	}
}

// A row with too many cells can be left out like others, and separators within quotes do not count.
func TestARowOfSeparatorsIsLeftOut(t *testing.T) {
	commas := strings.Repeat(",", 10_000)
	text := "time,value,note\n1,2,a\n\n3,4," + commas + "\n5,6,\"" + commas + "\"\n7,8," + commas + "\n9,10,x\n"
	for _, comment := range []string{"", "#,,\"\n"} {
		var left []string
		opts := Options{Format: CSV, Comment: '#', Bad: BadPolicy{Max: 2, Record: func(r BadRecord) error {
			left = append(left, string(r.Text))
			return nil
		}}}
		points, err := pointsOf(t, comment+text, opts)
		require.NoError(t, err)
		assert.Equal(t, []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 5, Value: 6}, {Timestamp: 9, Value: 10}}, points)
		assert.Equal(t, []string{"3,4," + commas + "\n", "7,8," + commas + "\n"}, left)
	}
}

// A header may have as many cells as a row of bytes can index.
func TestManyColumns(t *testing.T) {
	names, cells := strings.Repeat("x,", maxColumns-2), strings.Repeat("0,", maxColumns-2)
	points, err := pointsOf(t, names+"time,value\n"+cells+"1,2\n", Options{Format: CSV})
	require.NoError(t, err)
	assert.Equal(t, []gohost.Datapoint{{Timestamp: 1, Value: 2}}, points)
}

// pointsOf returns copies of the points of a text.
func pointsOf(t *testing.T, text string, opts Options) (all []gohost.Datapoint, err error) {
	r, err := NewReader(strings.NewReader(text), opts)
	if err != nil {
		return nil, err
	}
	err = EachPoints(t.Context(), r, func(points []gohost.Datapoint) error {
		all = append(all, points...)
		return nil
	})
	return all, err
}

// JSON is read without an engine, with the same points, unless it must be what the engine takes.
func TestJSONWithoutAnEngine(t *testing.T) {
	for _, text := range []string{
		`[{"timestamp": 1, "value": 2.5}, {"timestamp": 3, "value": -4e-3}]`,
		"{\"timestamp\": 1, \"value\": 2.5}\n{\"timestamp\": 3, \"value\": -4e-3}\n",
	} {
		points, err := pointsOf(t, text, Options{})
		require.NoError(t, err)
		assert.Equal(t, []gohost.Datapoint{{Timestamp: 1, Value: 2.5}, {Timestamp: 3, Value: -4e-3}}, points)
		_, err = pointsOf(t, text, Options{Strict: true})
		require.ErrorIs(t, err, gohost.ErrInvalidInput)
		_, err = pointsOf(t, text+"}", Options{})
		require.Error(t, err)
	}
	for _, text := range []string{"[]", " [ ] "} {
		_, err := pointsOf(t, text, Options{})
		require.ErrorIs(t, err, ErrEmpty)
	}
	_, err := NewParser(nil, Options{Format: NDJSON})
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}
