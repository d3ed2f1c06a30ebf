package gohost_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// recordsLike writes an array of records in one of many ways, with traps for who cuts it.
func recordsLike(r *rand.Rand, n int) []byte {
	space := []string{"", " ", "\n  "}[r.IntN(3)]
	odd := r.IntN(5) // how many records of eight are odd
	var b bytes.Buffer
	b.WriteString(space + "[")
	for i := range n {
		if i > 0 {
			b.WriteString(space + "," + space)
		}
		value := fmt.Sprint(float64(r.IntN(1000)) / 8)
		kind := 0
		if r.IntN(8) < odd {
			kind = 1 + r.IntN(5)
		}
		switch kind {
		case 0:
			fmt.Fprintf(&b, `{"timestamp":%d,%s"value":%s}`, i, space, value)
		case 1:
			fmt.Fprintf(&b, `{"value":%s,"s":"},{","timestamp":%d}`, value, i)
		case 2:
			fmt.Fprintf(&b, `{"value":%s,"s":[{"timestamp":1,"value":2},{"timestamp":3,"value":4},{}],"timestamp":%d}`, value, i)
		case 3:
			fmt.Fprintf(&b, `[%d,%s]`, i, value)
		case 4:
			fmt.Fprintf(&b, `{"s":"\\\"},{\"timestamp\":1,\"value\":2},{","value":%s,"timestamp":%d}`, value, i)
		case 5:
			fmt.Fprintf(&b, `{"o":{"a":{}},"value":%s,"é{[":"[[{{","timestamp":%d}`, value, i)
		}
	}
	b.WriteString(space + "]" + space)
	return b.Bytes()
}

// agree checks that parts have the points of the whole, and settles nothing else.
func agree(t *testing.T, eng *gohost.Engine, raw []byte, size int) (inParts bool) {
	t.Helper()
	want, whole := eng.ValidateWhole(ctx, nil, raw)
	before := values(1, 2, 3)
	got, ok, err := eng.ValidateParts(ctx, before, raw, size)
	require.NoError(t, err)
	if ok {
		require.NoError(t, whole, "%s", raw)
		require.Equal(t, append(before, want...), got, "%s", raw)
		_, room, err := eng.ValidateParts(ctx, make([]gohost.Datapoint, 0, len(raw)), raw, size)
		require.NoError(t, err)
		require.True(t, room)
	}
	return ok
}

// Texts of records of all kinds, whole and with an error anywhere, cut into pieces of all
// sizes.
func TestTextInPartsIsTheWholeText(t *testing.T) {
	eng := newEngine(t, on(3)...)
	r := rand.New(rand.NewPCG(13, 3))
	valid, invalid := 0, 0
	for range 1500 {
		raw := recordsLike(r, 1+r.IntN(30))
		if agree(t, eng, raw, 1+r.IntN(200)) {
			valid++
		}
		for range r.IntN(3) {
			at := r.IntN(len(raw))
			raw[at] = `{}[],:"\x0 .`[r.IntN(12)]
		}
		if !agree(t, eng, raw, 1+r.IntN(200)) {
			invalid++
		}
	}
	assert.Greater(t, valid, 300)
	assert.Greater(t, invalid, 700)
}

// longText is a text that ValidateStream cuts.
func longText() []byte {
	var b bytes.Buffer
	b.WriteString("[")
	for i := range 120_000 {
		fmt.Fprintf(&b, "{\"timestamp\":%d,\n\"value\":%d.25},", i, i)
	}
	return append(b.Bytes()[:b.Len()-1], ']')
}

func TestLongTextsAreValidatedInParts(t *testing.T) {
	eng := newEngine(t, on(3)...)
	raw := longText()
	require.Greater(t, gohost.PiecesOf(raw, 1<<20), 2)
	points, err := eng.ValidateStream(ctx, raw)
	require.NoError(t, err)
	require.Len(t, points, 120_000)
	for i, p := range points {
		require.Equal(t, gohost.Datapoint{Timestamp: uint64(i), Value: float64(i) + 0.25}, p)
	}
	assert.Less(t, cap(points), 121_000, "room for no more points")
	s := eng.Stats()
	assert.EqualValues(t, 1, s.Calls)
	assert.Equal(t, s.Instances, s.IdleInstances)
	assert.Zero(t, s.ResultBytes)
	assert.EqualValues(t, 120_000*16, s.ResultBytesPeak)

	// Where it goes wrong does not matter to the place that is told.
	for _, at := range []int{10, len(raw) / 2, len(raw) - 2} {
		wrong := bytes.Clone(raw)
		wrong[at] = '\f'
		_, whole := eng.ValidateWhole(ctx, nil, wrong)
		require.ErrorIs(t, whole, gohost.ErrGuest)
		_, err := eng.ValidateStream(ctx, wrong)
		require.EqualError(t, err, whole.Error())
		assert.Contains(t, err.Error(), fmt.Sprintf("line %d column", 1+bytes.Count(raw[:at], []byte("\n"))))
	}
	assert.Zero(t, eng.Stats().InstancesDiscarded)
}

// What looks like a record in a string, or many braces, makes the text whole again.
func TestTextsThatAreNotCut(t *testing.T) {
	eng := newEngine(t, on(2)...)
	record := `{"timestamp":1,"value":2}`
	for name, raw := range map[string]string{
		"braces":  `[{"s":"` + strings.Repeat("{", 1000) + `","timestamp":1,"value":2},` + record + `]`,
		"strings": `[{"s":"` + strings.Repeat("},{", 300) + `","timestamp":1,"value":2},` + record + `]`,
		"arrays":  `[` + strings.Repeat(`[1,2],`, 300) + `[1,2]]`,
		"object":  `{"a":[` + strings.Repeat(record+",", 50) + record + `]}`,
		"empty":   `[` + strings.Repeat(" ", 500) + `]`,
	} {
		assert.False(t, agree(t, eng, []byte(raw), 20), name)
	}
	// The result would take 1.9 MB.
	small := newEngine(t, on(2, gohost.WithMaxResult(1))...)
	_, err := small.ValidateStream(ctx, longText())
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, "the result takes 1920000 bytes, and WithMaxResult allows 1048576")

	// Room for the points of parts that were not used does not count.
	room := newEngine(t, on(2, gohost.WithMaxResult(2))...)
	odd := bytes.Replace(longText(), []byte(`{"timestamp":1,`+"\n"+`"value":1.25}`), []byte("[1,1.25]"), 1)
	points, err := room.ValidateStream(ctx, odd)
	require.NoError(t, err)
	assert.Len(t, points, 120_000)
	assert.EqualValues(t, 1.25, points[1].Value)
	assert.Equal(t, "[1,1.25]", string(odd[bytes.IndexByte(odd[1:], '[')+1:][:8]))
}

// The context may end at any moment.
func TestTextsInPartsEndWithTheirContext(t *testing.T) {
	raw := longText()
	eng := newEngine(t, on(2)...)
	for looks, ok := 0, false; !ok; looks += 1 + looks/4 {
		points, err := eng.ValidateStream(&endsAfter{Context: ctx, looks: looks}, raw)
		if ok = err == nil; ok {
			assert.Len(t, points, 120_000)
		} else {
			require.ErrorContains(t, err, "context canceled")
			assert.Nil(t, points)
		}
		assert.Equal(t, eng.Stats().Instances, eng.Stats().IdleInstances)
	}
}
