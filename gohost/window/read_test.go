package window_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

func TestRead(t *testing.T) {
	engine, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer engine.Close(t.Context())
	var text strings.Builder
	text.WriteString("time,a,b,k\n")
	for i := range 3000 {
		text.WriteString([]string{"1969-12-31T23:59:59.5Z,1,2,x\n", "2010-01-01,3,,y\n", "2010-01-02T00:00:00+01:00,4,5,x\n"}[i%3])
	}
	opts := input.Options{Values: []string{"a", "b"}, Keys: []string{"k"}, Unit: input.AutoUnit, Early: true, Missing: input.MissingSkip, PieceSize: 1000}
	type key struct {
		start, key string
		column     int
	}
	for _, parallel := range []int{0, 3} {
		reader, err := input.NewReader(strings.NewReader(text.String()), opts)
		require.NoError(t, err)
		var got []key
		sum := 0.0
		for row, err := range window.Read(t.Context(), engine, reader, window.Day, window.TableOptions{Parallel: parallel}) {
			require.NoError(t, err)
			require.Equal(t, uint64(1000), row.Stat.Count)
			got = append(got, key{row.Start.Format("2006-01-02"), row.Key, row.Column})
			sum += row.Stat.Sum
		}
		require.Equal(t, []key{{"1969-12-31", "x", 0}, {"1969-12-31", "x", 1}, {"2010-01-01", "x", 0}, {"2010-01-01", "x", 1}, {"2010-01-01", "y", 0}}, got)
		require.Equal(t, 15_000.0, sum)
		require.Equal(t, input.Counts{Records: 3000, Points: 5000, Missing: 1000}, reader.Counts())
	}
}

func TestReadOfFaults(t *testing.T) {
	engine, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer engine.Close(t.Context())
	failure := func(text string, opts input.Options, spec window.Spec) error {
		reader, err := input.NewReader(strings.NewReader(text), opts)
		require.NoError(t, err)
		var last error
		rows := 0
		for _, err := range window.Read(t.Context(), engine, reader, spec, window.TableOptions{Parallel: 2}) {
			require.NoError(t, last, "nothing follows an error")
			if last = err; err == nil {
				rows++
			}
		}
		require.Zero(t, rows)
		return last
	}
	var data *input.DataError
	require.ErrorAs(t, failure("time,value\n1,2\n2,x\n", input.Options{}, window.Day), &data)
	require.Equal(t, int64(3), data.Position.Line)
	require.ErrorAs(t, failure("time,value\n1,2\n253402300800,2\n", input.Options{}, window.Day), &data)
	require.Equal(t, int64(3), data.Position.Line)
	require.ErrorIs(t, failure("time,value\n", input.Options{}, window.Day), input.ErrEmpty)
	require.ErrorIs(t, failure("time,value\n1,2\n", input.Options{}, window.MustParse("session:1m")), gohost.ErrInvalidInput)
	require.ErrorIs(t, failure("time,value\n1,2\n", input.Options{}, window.MustParse("1ms")), gohost.ErrInvalidInput)

	reader, err := input.NewReader(strings.NewReader("time,value\n1,2\n4000,2\n"), input.Options{})
	require.NoError(t, err)
	for _, err := range window.Read(t.Context(), engine, reader, window.Hour, window.TableOptions{}) {
		require.NoError(t, err)
		break // closes the table
	}
}
