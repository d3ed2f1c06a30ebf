package input

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the engine says about an array is what the reader says, with a record before it that the engine does not
// take, too: the message, and the place in the line.
func TestAnArrayHasTheEnginesMessages(t *testing.T) {
	const early = `[{"timestamp":1,"value":1},{"timestamp":-5,"value":1},`
	for _, text := range documents {
		strict := read(t, strings.NewReader(text), Options{Format: JSON, Strict: true}, true)
		got := read(t, strings.NewReader(text), Options{Format: JSON, Early: true}, true)
		requireSameFault(t, strict.err, got.err, text)
		if strict.err == "" {
			require.Equal(t, strict.positions, got.positions, "%q", text)
		}
		text = strings.TrimSpace(text)
		if len(text) < 2 || text[0] != '[' || strict.err == ErrEmpty.Error() {
			continue
		}
		want := read(t, strings.NewReader(strings.Replace(early, "-", "1", 1)+text[1:]), Options{Format: JSON, Strict: true}, true)
		got = read(t, strings.NewReader(early+text[1:]), Options{Format: JSON, Early: true}, true)
		requireSameFault(t, want.err, got.err, text)
		if want.err == "" {
			require.Equal(t, want.positions, got.positions, "%q", text)
		}
	}
}

// requireSameFault compares messages, but for a text that ends too early.
func requireSameFault(t *testing.T, want, got, text string) {
	t.Helper()
	if strings.Contains(want, "EOF while parsing") {
		require.Regexp(t, "the input ends inside the array; expected ']'|EOF while parsing", got, "%q", text)
		return
	}
	require.Equal(t, want, got, "%q", text)
}

// Arrays whose first record is usual, and whose others are of several kinds: points, positions and faults do not
// depend on the pieces.
func TestPiecesOfAnArrayOfRecordsOfSeveralKinds(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 3))
	good := []string{
		`{"timestamp":1,"value":2}`, `{"timestamp":-86400,"value":2.5}`, `[7,1e2]`, `{"timestamp":"1969-07-20T20:17:40Z","value":3}`,
		`{"value" : 4, "x":[1,{"y":"],["}], "timestamp":3.0}`, `{"timestamp":5,"value":6,"timestamp2":null}`,
	}
	bad := []string{
		`{}`, `{"timestamp":1}`, `{"timestamp":"soon","value":1}`, `{"timestamp":1,"value":"x"}`, `[1]`, `[-1,2]`, `12`, ``, `{"timestamp":1,"value":2`, `}`, `"`,
		`{"timestamp":1,"value":2} {}`, `{"timestamp":-1,"value":2} {}`, "{\"timestamp\":1,\"value\":2,\"k\":\"\xff\"}", `{"timestamp":1,"value":1,"value":2}`, `{"timestamp":-1,"value":null}`,
		`{"timestamp":253402300800,"value":2}`, `[253402300800,1]`, `[1,2] x`,
	}
	faults := map[string]bool{}
	for range 600 {
		opts := Options{Format: JSON, Early: true}
		text := []byte(`[` + good[0])
		at := random.IntN(60)
		for i := range random.IntN(40) {
			record := good[random.IntN(len(good))]
			if i == at {
				record = bad[random.IntN(len(bad))]
			}
			text = append(text, []string{",", " ,\n "}[random.IntN(2)]...)
			text = append(text, record...)
		}
		text = append(text, []string{"]", " ]\n", "]", "", "}", "] x"}[random.IntN(6)]...)
		opts.PieceSize = 2*len(text) + 1
		want := read(t, bytes.NewReader(text), opts, true)
		faults[want.err] = true
		checkCuts(t, random, text, opts, want)
	}
	require.Greater(t, len(faults), 50)
}

func TestAnArrayWithATimeBefore1970Later(t *testing.T) {
	var text bytes.Buffer
	text.WriteString(`[{"timestamp":1,"value":0}`)
	for i := range 50_000 {
		fmt.Fprintf(&text, `,{"timestamp":%d,"value":%d}`, i-20_000, i)
	}
	text.WriteString("]")
	got, err := recordsOf(t, text.String(), Options{Early: true})
	require.NoError(t, err)
	require.Len(t, got, 50_001)
	require.Equal(t, "/0@1969-12-31T18:26:40=0", got[1])
	_, err = recordsOf(t, text.String(), Options{})
	require.ErrorContains(t, err, "expected u64")
}
