package input

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// recordsOf returns the points of a text with their keys and columns, as "key/column@time=value".
func recordsOf(t testing.TB, text string, opts Options) ([]string, error) {
	t.Helper()
	opts.Validate = engine.AppendValidated
	reader, err := NewReader(strings.NewReader(text), opts)
	if err != nil {
		return nil, err
	}
	var got []string
	err = Each(t.Context(), reader, 1, justParse, func(p *Piece, _ struct{}) error {
		for i, point := range p.Points {
			at := time.Unix(0, 0).UTC()
			if seconds := (int64(point.Timestamp) + reader.Origin()) / int64(reader.Unit().PerSecond()); seconds != 0 {
				at = time.Unix(seconds, 0).UTC()
			}
			got = append(got, fmt.Sprintf("%s/%d@%s=%v", p.Key(i), p.Column(i), at.Format("2006-01-02T15:04:05"), point.Value))
		}
		return nil
	})
	return got, err
}

func TestRecordsOfAnyFields(t *testing.T) {
	for _, c := range []struct {
		name, text string
		opts       Options
		want       []string
	}{
		{
			"by their names", `{"time":"2010-01-01T00:00:00Z","temp":39.5,"station":"a"}` + "\n" + `{"station":"b","temp":40,"time":1262304001}`,
			Options{Early: true, Unit: AutoUnit},
			[]string{"/0@2010-01-01T00:00:00=39.5", "/0@2010-01-01T00:00:01=40"},
		},
		{"the only number", `{"ts":"2010-01-01","place":"x","kilowatts":2}`, Options{Early: true}, []string{"/0@2010-01-01T00:00:00=2"}},
		{
			"nested, with keys", `{"meta":{"host":"web-1"},"at":{"s":60},"cpu":[{"user":1.5},{"user":2.5}]}` + "\n\n" + `{"cpu":[{"x":0},{"user":-2}],"at":{"s":61},"meta":{"host":null}}`,
			Options{Time: "at.s", Values: []string{"cpu.1.user"}, Keys: []string{"meta.host"}},
			[]string{"web-1/0@1970-01-01T00:01:00=2.5", "null/0@1970-01-01T00:01:01=-2"},
		},
		{
			"several values", `[{"t":1,"a":1,"b":2},{"t":2,"b":4,"a":3}]`,
			Options{Time: "t", Values: []string{"b", "a"}},
			[]string{"/0@1970-01-01T00:00:01=2", "/1@1970-01-01T00:00:01=1", "/0@1970-01-01T00:00:02=4", "/1@1970-01-01T00:00:02=3"},
		},
		{"names with dots", `{"t":1,"host.name":"x","cpu":{"load.1m":0.5}}`, Options{Time: "t", Values: []string{`cpu.load\.1m`}, Keys: []string{"host.name"}}, []string{"x/0@1970-01-01T00:00:01=0.5"}},
		{
			"early, first", `[{"timestamp":-86400,"value":2},{"timestamp":1,"value":1}]`,
			Options{Early: true},
			[]string{"/0@1969-12-31T00:00:00=2", "/0@1970-01-01T00:00:01=1"},
		},
		{
			"early", `{"timestamp":1,"value":1}` + "\n" + `{"timestamp":-86400,"value":2}` + "\n[1,5]\n" + `{"timestamp":1e3,"value":3}`,
			Options{Early: true},
			[]string{"/0@1970-01-01T00:00:01=1", "/0@1969-12-31T00:00:00=2", "/0@1970-01-01T00:00:01=5", "/0@1970-01-01T00:16:40=3"},
		},
		{"missing", `{"timestamp":1,"value":null}` + "\n" + `{"timestamp":2,"value":2}` + "\n" + `{"timestamp":3}` + "\n" + `{"timestamp":null,"value":4}`, Options{Missing: MissingSkip}, []string{"/0@1970-01-01T00:00:02=2"}},
		{"numbers in strings", `{"timestamp":"5","value":"2.5"}`, Options{Values: []string{"value"}}, []string{"/0@1970-01-01T00:00:05=2.5"}},
		{
			"in a document", `{"status":"ok","data":{"n":2,"items":[{"timestamp":1,"value":1},{"timestamp":2,"value":2}],"x":[{}]},"more":null}`,
			Options{Records: "data.items"},
			[]string{"/0@1970-01-01T00:00:01=1", "/0@1970-01-01T00:00:02=2"},
		},
		{"in an array of a document", `[0,{"rows":[]},{"rows":[{"t":3,"v":4}]}]`, Options{Records: "2.rows"}, []string{"/0@1970-01-01T00:00:03=4"}},
	} {
		got, err := recordsOf(t, c.text, c.opts)
		require.NoError(t, err, c.name)
		require.Equal(t, c.want, got, c.name)
	}
}

func TestFaultsOfRecords(t *testing.T) {
	named := Options{Time: "t", Values: []string{"v"}}
	for _, c := range []struct {
		text string
		opts Options
		want string
	}{
		{`{"t":1,"v":2}` + "\n" + `{"t":1,"v":}`, named, "line 2, column 12 (byte offset 25): expected a value, found '}'"},
		{`{"t":1,"v":2}` + "\n" + `{"t":1,"v":2`, named, "line 2, column 13 (byte offset 26): the line ends inside an object; expected a complete one on each line (Options.Records names an array"},
		{`{"t":1,"v":2} {`, named, "column 15 (byte offset 14): expected the end of the line after the object, found '{'"},
		{`{"t":1}`, named, `no field of the first record is named "v" (Options.Values); expected one of: "t"`},
		{`{"t":1,"v":1}` + "\n" + `{"t":1}`, named, `line 2, column 1 (byte offset 14): field "v": expected a number, found nothing; Options.Missing skip leaves it out`},
		{`{"t":1,"v":null}`, named, `column 12 (byte offset 11): field "v": expected a number, found null; Options.Missing skip leaves it out`},
		{`{"t":1,"v":[2]}`, named, `column 12 (byte offset 11): field "v": expected a number, found`},
		{`{"t":1,"v":1e999}`, named, `column 12 (byte offset 11): field "v": the number "1e999" is beyond the range of a double`},
		{`{"t":"soon","v":1}`, named, `column 6 (byte offset 5): field "t": expected an integer or a time such as`},
		{`{"t":1,"v":2,"t":3}`, named, "column 14 (byte offset 13): duplicate field `t`"},
		{"{\"t\":1,\"v\":2,\"x\":\"\xff\"}", named, "column 19 (byte offset 18): expected UTF-8 text, found an invalid byte"},
		{`[{"t":1,"v":2},[1,2]]`, named, "column 16 (byte offset 15): expected an object with named fields (arrays of arrays have none), found '['"},
		{`[{"t":1,"v":2},{"t":1,"v":"x"}]`, Options{Time: "t", Early: true}, `column 27 (byte offset 26): field "v": expected a number, found the string "x"; Options.Values v takes numbers in strings`},
		{`[{"t":1,"v":2},{"t":1,"v":3}`, named, "the input ends inside the array; expected ']'"},
		{`[{"t":1,"v":2},]`, named, "expected an object, found ']'"},
		{`[{"t":1,"v":2},{"t":1,"v":2}}`, named, "expected ',' or ']' after an element, found '}'"},
		{`[{"t":1,"v":2}] x`, named, "expected nothing after the array, found 'x'"},
		{`[]`, named, "the input is empty"},
		{`{"t":1,"v":2}`, Options{Time: "t.x", Values: []string{"v"}}, `field "t.x": expected a timestamp, found nothing`},
		{`{"t":1,"v":2}`, Options{Time: "t", Values: []string{"t"}}, `the field "t" is named twice; Options.Time, Options.Values and Options.Keys must differ`},
		{`{"t":1,"v":2}`, Options{Time: "t..x", Values: []string{"v"}}, `the path "t..x" has an empty name`},
		{`{"t":1,"a":2,"b":3}`, Options{Early: true}, `no field of the first record is recognised as the value (value, val, v, temperature, temp, reading, measurement, y); name it with Options.Values, one of: "t", "a", "b"`},
		{`{"data":{"items":[]}}`, Options{}, `no field of the first record can be the time; name one within others with Options.Time (a.b), or the array of records with Options.Records; the fields are: "data"`},
		{`{"when":1,"a":2}`, Options{Early: true}, `no field of the first record is recognised as the time`},
		{`{"timestamp":1,"value":"2"}`, Options{Early: true}, `invalid type: string "2", expected f64`}, // the engine's message
		{`{"timestamp":1}`, Options{Early: true, Missing: MissingSkip}, "the input is empty"},
		{`{"timestamp":1}`, Options{Early: true}, "missing field `value`"},
		{`{"data":{"items":[{"t":1,"v":2}]}}`, Options{Records: "data.rows"}, `the document has no array of records at "data.rows" (Options.Records); its first fields are: "data"`},
		{`{"data":{"items":3}}`, Options{Records: "data.items"}, `column 18 (byte offset 17): expected the array of records that Options.Records names, found '3'`},
		{`{"data":5}`, Options{Records: "data.items"}, `Options.Records leads into a value that is no object or array`},
		{`{"items":[{"timestamp":1,"value":2}],"items":[]}`, Options{Records: "items"}, `column 38 (byte offset 37): duplicate field "items", which Options.Records names`},
		{`{"items":[{"timestamp":1,"value":2}],"x":[1,]}`, Options{Records: "items"}, `expected a value, found ']'`},
		{`{"items":[{"timestamp":1,"value":2}]`, Options{Records: "items"}, `the input ends inside the document`},
		{`{"items":[{"timestamp":1,"value":2}]}}`, Options{Records: "items"}, `expected nothing after the document, found '}'`},
		{`{"x":"` + "\xff" + `","items":[{"timestamp":1,"value":2}]}`, Options{Records: "items"}, `column 7 (byte offset 6): expected UTF-8 text`},
		{`{"items":[]}`, Options{Records: "items"}, "the input is empty"},
		{"t,v\n1,2\n", Options{Records: "items"}, "Options.Records needs a document of JSON; the format is csv"},
	} {
		_, err := recordsOf(t, c.text, c.opts)
		require.ErrorContains(t, err, c.want, "%s", c.text)
	}
}

func TestBadLinesAreLeftOut(t *testing.T) {
	text := `{"timestamp":1,"value":1}` + "\n{\n" + `{"timestamp":2,"value":"x"}` + "\n\xff\n" + `{"timestamp":3,"value":3}` + "\r\n" + `{"timestamp":4,"value":4} }` + "\n"
	var left []string
	opts := Options{Bad: BadPolicy{Max: 4, Record: func(r BadRecord) error {
		left = append(left, fmt.Sprintf("%d:%d %s", r.Position.Line, r.Position.Column, r.Text))
		return nil
	}}}
	got, err := recordsOf(t, text, opts)
	require.NoError(t, err)
	require.Equal(t, []string{"/0@1970-01-01T00:00:01=1", "/0@1970-01-01T00:00:03=3"}, got)
	require.Equal(t, []string{"2:2 {", `3:26 {"timestamp":2,"value":"x"}`, "4:1 \xff", `6:27 {"timestamp":4,"value":4} }`}, left)
	opts.Bad = BadPolicy{Max: 3}
	_, err = recordsOf(t, text, opts)
	require.ErrorContains(t, err, "line 6, column 27")
	_, err = recordsOf(t, `[{"timestamp":1,"value":1},{"timestamp":2},{"timestamp":3,"value":true},x]`, Options{Bad: BadPolicy{Max: 9}})
	require.ErrorContains(t, err, "column 73 (byte offset 72): expected an object, found 'x'", "the grammar of an array")
	got, err = recordsOf(t, `[{"timestamp":1,"value":1},{"timestamp":2},{"timestamp":3,"value":true}]`, Options{Bad: BadPolicy{Max: 9}})
	require.NoError(t, err)
	require.Equal(t, []string{"/0@1970-01-01T00:00:01=1"}, got)
}

// general returns what the parser of any records makes of a text that is one piece.
func general(t testing.TB, text []byte, format Format) ([]gohost.Datapoint, error) {
	t.Helper()
	opts := Options{Format: format}
	opts.Names = opts.Names.withDefaults()
	require.NoError(t, opts.check())
	r, err := newJSONRecords(&jsonFields{"timestamp", []string{"value"}, nil}, opts)
	require.NoError(t, err)
	p := &Piece{}
	p.begin(Position{Line: 1, Column: 1}, len(text))
	p.buf, p.final = append(p.buf, text...), true
	err = r.parse(context.Background(), p)
	return p.Points, err
}

// What the engine accepts has the same points by the parser of any records, and what it rejects is rejected, but for
// times that are no integers.
func checkLikeEngine(t testing.TB, line []byte) {
	t.Helper()
	if bytes.ContainsAny(line, "\n\r") || bytes.HasPrefix(bytes.TrimLeft(line, " \t"), []byte("[")) {
		return // an array is a point to the engine
	}
	want, about, err := check(t.Context(), engine.AppendValidated, nil, fmt.Appendf(nil, "[%s]", line))
	require.NoError(t, err)
	if problem := func() string {
		if len(bytes.TrimSpace(line)) == 0 {
			return "empty"
		}
		_, problem := checkLine(bytes.Trim(line, " \t"))
		return problem
	}(); problem != "" {
		return
	}
	got, err := general(t, line, NDJSON)
	if about == nil {
		require.NoError(t, err, "%q", line)
		require.Equal(t, gohost.AppendPacked(nil, want...), gohost.AppendPacked(nil, got...), "%q", line)
		return
	}
	if err == nil {
		first := firstFields(bytes.TrimLeft(line, " \t"))
		require.False(t, looksUsual(first, false), "%q: the engine: %s", line, about.message)
	}
}

func TestRecordsAreReadAsTheEngineDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 1))
	for range 300 {
		for line := range bytes.SplitSeq(randomLines(random), newline) {
			checkLikeEngine(t, line)
		}
	}
	for _, text := range recordSeeds {
		checkLikeEngine(t, []byte(strings.ReplaceAll(text, `"t"`, `"timestamp"`)))
		checkLikeEngine(t, []byte(strings.NewReplacer(`"t"`, `"value"`, `"a"`, `"timestamp"`).Replace(text)))
	}
}

func FuzzLikeEngine(f *testing.F) {
	for _, text := range recordSeeds {
		f.Add([]byte(strings.ReplaceAll(text, `"t":`, `"timestamp":1,"value":`)))
	}
	for _, text := range append(objects, badLines...) {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, line []byte) { checkLikeEngine(t, line) })
}

var (
	anyRecords = []string{
		`{"t":"2010-01-01T00:00:00Z","v":1.5,"k":"a"}`, `{"k":"b","v":-2,"t":"1969-07-20T20:17:40Z","x":[1,{"t":5}]}`, ` {"t" : "2010-01-01" , "v" : 1e3, "k":"\u00e9\"}" } `, `{"t":0,"v":0,"k":true}`,
		`{"x":"},{","t":5,"v":6,"k":7}`, `{"t":7,"v":null,"k":""}`,
	}
	badRecords = []string{
		`{}`, `{"t":1,"v":2}`, `{"t":1,"v":x,"k":""}`, `{"t":1`, `{"t":"","v":1,"k":""`, `[1,2]`, `12`, `{"t":{},"v":1,"k":1}`, `{"t":1,"v":1,"k":[]}`, "{\"t\":1,\"v\":2,\"k\":\"\xff\"}", `}`, `"`,
		`{"t":1,"v":2,"k":3} {}`, `{"t":1,"v":2,"k":3,"k":4}`,
	}
)

// Points, positions, keys and faults do not depend on the pieces.
func TestPiecesOfRecordsAtTheSameTime(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 2))
	for range 400 {
		document := random.IntN(2) == 0
		var text []byte
		opts := Options{Time: "t", Values: []string{"v"}, Keys: []string{"k"}, Early: true, Missing: MissingSkip, Unit: Microsecond}
		if document {
			opts.Records = "a.b"
			text = append(text, []string{`{"z":["[",{}],"a":{"y":1,"b":`, "{\n\"a\" :\n {\"b\": "}[random.IntN(2)]...)
		}
		separator, bad := "\n", random.IntN(80)
		if document {
			separator = " , "
			text = append(text, '[')
		}
		for i := range 1 + random.IntN(40) {
			if i > 0 {
				text = append(text, separator...)
			}
			record := anyRecords[random.IntN(len(anyRecords))]
			if i == bad {
				record = badRecords[random.IntN(len(badRecords))]
			}
			text = append(text, record...)
		}
		if document {
			text = append(text, []string{"]", `],"x":"]"`, "],\n\"b2\":[{}]", "]]", `],"b":1`}[random.IntN(5)]+"}"+[]string{"}", `,"c":[null, true]}`, " ,}", ""}[random.IntN(4)]...)
		}
		opts.PieceSize = 2*len(text) + 1
		want := read(t, bytes.NewReader(text), opts, true)
		checkCuts(t, random, text, opts, want)
	}
}

// The text around the records needs no memory, and no time but to read it once.
func TestADocumentOfAnyLength(t *testing.T) {
	var text bytes.Buffer
	text.WriteString(`{"head":[`)
	for range 100_000 {
		text.WriteString(`{"a":"long before the records"},`)
	}
	fmt.Fprintf(&text, `0],"long":%q,"items":[{"timestamp":1,"value":2}],"tail":[%s0]}`, strings.Repeat("x", 3<<20), strings.Repeat("[],", 1<<20))
	opts := Options{Records: "items", Validate: engine.AppendValidated}
	got := read(t, &text, opts, false)
	require.Equal(t, answer{points: []gohost.Datapoint{{Timestamp: 1, Value: 2}}}, got)
	got = read(t, strings.NewReader(strings.Repeat("[", maxDepth+1)), opts, false)
	require.Contains(t, got.err, "more than 1048576 brackets are open, the max")
	got = read(t, strings.NewReader(`{"x":"`+strings.Repeat("x", MaxRecord+sniffLength)), opts, false)
	require.Contains(t, got.err, "a value is longer than 16 MiB, the max")
}

// A time that is too fine has the same message in each format, though the engine would say that times are integers.
func TestFractionsThatAreTooFine(t *testing.T) {
	engine, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer engine.Close(t.Context())
	for name, text := range map[string]string{
		"lines": `{"timestamp":1,"value":1}` + "\n" + `{"timestamp":2.12345678,"value":1}` + "\n",
		"array": `[{"timestamp":1,"value":1},{"timestamp":2.12345678,"value":1}]`,
		"CSV":   "timestamp,value\n1,1\n2.12345678,1\n",
	} {
		for unit, want := range map[Unit]string{
			Second:      `"2.12345678" has a fraction that seconds cannot hold; with Options.Unit auto it can have one`,
			Millisecond: `"2.12345678" has a fraction that milliseconds cannot hold; with Options.Unit auto it can have one`,
		} {
			_, err := pointsOf(t, text, Options{Validate: engine.AppendValidated, Unit: unit})
			require.ErrorContains(t, err, want, "%s %v", name, unit)
		}
	}
	_, err = pointsOf(t, `{"timestamp":2.1234567891,"value":1}`, Options{Validate: engine.AppendValidated, Unit: AutoUnit})
	require.ErrorContains(t, err, "has a fraction that nanoseconds cannot hold, the finest unit")
}
