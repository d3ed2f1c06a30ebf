package input

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// rowsOf returns the points of an input, as key, column, time and value, and its fault.
func rowsOf(t testing.TB, text string, opts Options) (got []string, err error) {
	t.Helper()
	opts.Validate = engine.AppendValidated
	reader, err := NewReader(strings.NewReader(text), opts)
	if err != nil {
		return nil, err
	}
	err = Each(t.Context(), reader, 2, func(context.Context, *Piece) (struct{}, error) { return struct{}{}, nil }, func(p *Piece, _ struct{}) error {
		for i, point := range p.Points {
			got = append(got, fmt.Sprintf("%q %d %d=%g", p.Key(i), p.Column(i), point.Timestamp, point.Value))
		}
		return nil
	})
	return got, err
}

// A row gives a point for each value, in the order of the options, wherever the input is cut, in usual
// rows and others.
func TestSeveralValuesAndKeys(t *testing.T) {
	const text = "b,at,k,a,l\n1,10,x,2,y\n-3,11,\"x,\",4e1,\"\"\"\"\n5, 12 ,x\x00,6,\x01\n"
	want := []string{
		`"y\x00\x01x" 0 10=2`, `"y\x00\x01x" 1 10=1`,
		`"\"\x00\x01x," 0 11=40`, `"\"\x00\x01x," 1 11=-3`,
		`"\x01\x00\x01x\x00\xff" 0 12=6`, `"\x01\x00\x01x\x00\xff" 1 12=5`,
	}
	for size := 1; size < 2*len(text); size++ {
		got, err := rowsOf(t, text, Options{Format: CSV, Time: "at", Values: []string{"a", "b"}, Keys: []string{"l", "k"}, PieceSize: size})
		require.NoError(t, err)
		require.Equal(t, want, got, size)
	}
	lines := `{"timestamp":1,"value":2,"k":"x","l":7}` + "\n"
	got, err := rowsOf(t, lines, Options{Format: NDJSON, Keys: []string{"l", "k"}})
	require.NoError(t, err)
	require.Equal(t, []string{`"7\x00\x01x" 0 1=2`}, got)

	for _, opts := range []Options{{Values: []string{"a", "a"}}, {Keys: []string{"k", "k"}}, {Keys: []string{"a"}, Values: []string{"a"}}, {Values: []string{"at"}}} {
		opts.Format, opts.Time = CSV, "at"
		_, err := rowsOf(t, text, opts)
		require.Error(t, err)
	}
}

// A bad cell of a row leaves none of its points.
func TestARowIsWholeOrNotThere(t *testing.T) {
	for _, bad := range []string{"2,3,x", "2,x,3", "2,\"\",3", "x,2,3"} {
		got, err := rowsOf(t, "time,a,b\n1,2,3\n"+bad+"\n", Options{Values: []string{"a", "b"}})
		require.ErrorContains(t, err, "line 3, column")
		require.Equal(t, []string{`"" 0 1=2`, `"" 1 1=3`}, got)
	}
}

// Joined keys are equal if their parts are, in the order of the parts, and give them back.
func TestJoinedKeys(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 1))
	part := func() string {
		text := make([]byte, random.IntN(4))
		for i := range text {
			text[i] = "\x00\x01\x02\xffab"[random.IntN(6)]
		}
		return string(text)
	}
	for range 20_000 {
		a, b := []string{part(), part()}, []string{part(), part()}
		require.Equal(t, slices.Compare(a, b), cmp.Compare(JoinKey(a...), JoinKey(b...)), "%q, %q", a, b)
		back, ok := SplitKey(JoinKey(a...), 2)
		require.True(t, ok)
		require.Equal(t, a, back)
	}
	require.Equal(t, "a\x00\x01", JoinKey("a\x00\x01"))
	for _, text := range []string{"a", "a\x00\x01b\x00\x01c", "a\x00\x01\x00"} {
		_, ok := SplitKey(text, 2)
		require.False(t, ok, "%q", text)
	}
}
