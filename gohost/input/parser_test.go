package input

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

type aFault struct {
	at      int
	message string
}

// parsed are the points and faults of a text.
type parsed struct {
	points []gohost.Datapoint
	keys   []string
	faults []aFault
}

func (p *parsed) add(t testing.TB, parser *Parser, text []byte, at int) {
	t.Helper()
	require.NoError(t, parser.Parse(t.Context(), text, func(point gohost.Datapoint, key []byte) {
		p.points = append(p.points, point)
		p.keys = append(p.keys, string(key))
	}, func(offset int, message string) {
		require.LessOrEqual(t, offset, len(text))
		p.faults = append(p.faults, aFault{at + offset, message})
	}))
	slices.SortFunc(p.faults, func(a, b aFault) int { return cmp.Compare(a.at, b.at) })
}

func newParser(t testing.TB, head []byte, opts Options) *Parser {
	t.Helper()
	opts.Validate = engine.AppendValidated
	p, err := NewParser(head, opts)
	require.NoError(t, err)
	return p
}

// What a parser finds in an input without a fault is what a reader finds, and of the faults of
// another the first is the reader's.
func TestAParserFindsWhatAReaderDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 1))
	faulty, good := 0, 0
	for range 1000 {
		for format, text := range map[Format][]byte{NDJSON: randomLines(random), CSV: randomTable(random)} {
			want := read(t, bytes.NewReader(text), Options{Format: format, Unit: Nanosecond}, true)
			parser, err := NewParser(text, Options{Format: format, Unit: Nanosecond, Validate: engine.AppendValidated})
			if err != nil {
				require.Equal(t, want.err, err.Error())
				continue
			}
			begin := parser.Skip([]byte(text), 0)
			var got parsed
			got.add(t, parser, text[begin:], begin)
			if len(got.faults) == 0 {
				good++
				require.Equal(t, want.points, got.points, "%q", text)
				if len(want.points) == 0 {
					require.Equal(t, ErrEmpty.Error(), want.err)
				}
				continue
			}
			faulty++
			require.True(t, slices.Equal(want.points, got.points[:len(want.points)]), "%q", text)
			first := got.faults[0]
			where := Position{Line: 1, Column: 1}.after(text[:first.at])
			require.Contains(t, want.err, first.message)
			require.Contains(t, want.err, fmt.Sprintf("line %d", where.Line), "%q", text)
			if format == NDJSON {
				where.Offset = int64(first.at)
				require.Contains(t, want.err, fmt.Sprintf("byte offset %d)", first.at), "%q", text)
			}
		}
	}
	require.Greater(t, faulty, 300)
	require.Greater(t, good, 300)
}

// The texts that an input is divided into make no difference.
func TestRecordsAreJudgedAlone(t *testing.T) {
	random := rand.New(rand.NewPCG(21, 2))
	for range 300 {
		for format, text := range map[Format][]byte{NDJSON: randomLines(random), CSV: randomTable(random)} {
			parser, err := NewParser(text, Options{Format: format, Validate: engine.AppendValidated})
			if err != nil {
				continue
			}
			parser.RowsAreLines = true
			begin := parser.Skip([]byte(text), 0)
			var whole, alone, halves parsed
			whole.add(t, parser, text[begin:], begin)
			for at := begin; at < len(text); {
				end := endOfLine(text, at)
				records := len(alone.points) + len(alone.faults)
				alone.add(t, parser, text[at:end], at)
				records = len(alone.points) + len(alone.faults) - records
				empty := len(strings.TrimSpace(string(text[at:end]))) == 0
				require.True(t, records == 1 || records == 0 && empty, "%q", text[at:end])
				at = end
			}
			middle := endOfLine(text, begin+random.IntN(1+len(text)-begin))
			halves.add(t, parser, text[begin:middle], begin)
			halves.add(t, parser, text[middle:], middle)
			require.Equal(t, alone, whole, "%q", text)
			require.Equal(t, alone, halves, "%q", text)
		}
	}
}

func TestFaultsOfARecord(t *testing.T) {
	for text, want := range map[string]parsed{
		"t,v\n1,2\n1,x\n3,4\n": {faults: []aFault{{10, `column "v": expected a finite number, found "x"; if it stands for no value: Options.Missing skip Options.MissingTexts 'x'`}}},
		"t,v\n1,2\n1,\"2\n3,4\n": {faults: []aFault{
			{8, "a quote is not closed on this line"},
		}},
		"t,v\n1\n\n3,4\n1,2":          {faults: []aFault{{4, "expected 2 cells as in the first row, found 1"}}},
		"v;t\n1;2\n2;4\n\n7;1y12\r\n": {faults: []aFault{{15, `column "t": expected`}}},
	} {
		parser := newParser(t, []byte(text), Options{Format: CSV})
		parser.RowsAreLines = true
		var got parsed
		begin := parser.Skip([]byte(text), 0)
		got.add(t, parser, []byte(text[begin:]), begin)
		require.Len(t, got.points, 2, text)
		require.Len(t, got.faults, 1, text)
		require.Equal(t, want.faults[0].at, got.faults[0].at, text)
		require.Contains(t, got.faults[0].message, want.faults[0].message, text)
	}

	packed := gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: 1, Value: 2}, gohost.Datapoint{Timestamp: 1 << 60}, gohost.Datapoint{Timestamp: 3, Value: 4})
	var got parsed
	got.add(t, newParser(t, packed, Options{Format: Packed}), append(packed, 1, 2, 3), 0)
	require.Equal(t, []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 3, Value: 4}}, got.points)
	require.Len(t, got.faults, 2)
	require.Equal(t, aFault{48, "the input ends in the middle of a point; expected 16 bytes, found 3"}, got.faults[1])
	require.Equal(t, 16, got.faults[0].at)

	array := " [[1,2],\n [253402300800,\"],[\"],[3,4] , [253402300801,1]] \n"
	got = parsed{}
	got.add(t, newParser(t, []byte(array), Options{Format: JSON}), []byte(array), 0)
	require.Equal(t, 1, len(got.faults), "one fault for the array")
	array = strings.Replace(array, `"],["`, `5`, 1)
	got = parsed{}
	got.add(t, newParser(t, []byte(array), Options{Format: JSON}), []byte(array), 0)
	require.Equal(t, []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 3, Value: 4}}, got.points)
	require.Len(t, got.faults, 2)
	require.Equal(t, strings.Index(array, "[2534023"), got.faults[0].at)
	require.Equal(t, strings.LastIndex(array, "[2534023"), got.faults[1].at)
}

// Faults in all lines take a few calls of the engine each.
func TestATextOfFaults(t *testing.T) {
	calls, bytes := 0, 0
	opts := Options{Format: NDJSON}
	text := []byte(strings.Repeat("{\"timestamp\":1,\"value\":\"x\"}\n", 5000))
	parser := newParser(t, []byte(" "), opts)
	parser.opts.Validate = nil
	parser.parser = ndjsonParser{validate: func(ctx context.Context, dst []gohost.Datapoint, raw []byte) ([]gohost.Datapoint, error) {
		calls++
		bytes += len(raw)
		return engine.AppendValidated(ctx, dst, raw)
	}}
	var got parsed
	got.add(t, parser, text, 0)
	require.Len(t, got.faults, 5000)
	require.Less(t, calls, 4*5000)
	require.Less(t, bytes, 10*len(text))
}

func TestKeysOfAParser(t *testing.T) {
	for _, c := range []struct {
		format Format
		text   string
		want   []string
	}{
		{CSV, "station,time,v\na b,1,2\n\"x \"\"y\"\"\",1,2\n,1,2\nü,\"1\",2\n", []string{"a b", `x "y"`, "", "ü"}},
		{NDJSON, `{"timestamp":1,"value":2,"station":"a\u0062"}` + "\n" + ` {"station" : 17.50 ,"timestamp":1,"value":2}` + "\n" + `{"x":{"station":1},"station":null,"timestamp":1,"value":2}`, []string{"ab", "17.50", "null"}},
	} {
		parser := newParser(t, []byte(c.text), Options{Format: c.format, Keys: []string{"station"}})
		var got parsed
		got.add(t, parser, []byte(c.text[parser.Skip([]byte(c.text), 0):]), 0)
		require.Equal(t, c.want, got.keys)
	}
}
