package transform

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// validated are the outputs of a ValidateFn for one text.
type validated struct {
	groups []Group
	points map[Group][]gohost.Datapoint
	faults []Fault
}

func validate(t *testing.T, f *ValidateFn, text Text) validated {
	t.Helper()
	require.NoError(t, f.Check())
	require.NoError(t, f.Setup(t.Context()))
	defer func() { require.NoError(t, f.Teardown(t.Context())) }()
	out := validated{points: map[Group][]gohost.Datapoint{}}
	err := f.ProcessElement(t.Context(), text, func(g Group, packed []byte) {
		points, err := gohost.AppendUnpacked(nil, packed)
		require.NoError(t, err)
		require.NotEmpty(t, points)
		out.groups = append(out.groups, g)
		require.NotContains(t, out.points, g)
		out.points[g] = points
	}, func(fault Fault) { out.faults = append(out.faults, fault) })
	require.NoError(t, err)
	return out
}

func lines(text string) Text { return Text{File: "f", Offset: 1000, Data: []byte(text)} }

func TestEachLineGivesAPointOrAFault(t *testing.T) {
	for _, c := range []struct {
		line    string
		at      int // of the fault in the line
		message string
	}{
		{line: `{"timestamp":7,"value":1.5}`},
		{line: `  {"timestamp":7,"value":1.5,"more":{"a":["}"]}}` + "\t\r"},
		{line: `[7,1.5]`},
		{`{"timestamp":7,"value":"x"}`, 25, `invalid type: string "x", expected f64`},
		{`{"timestamp":-7,"value":1.5}`, 14, "invalid value: integer `-7`, expected u64"},
		{`{"value":1.5}`, 12, "missing field `timestamp`"},
		{`{"timestamp":7,"value":1.5},{"timestamp":8,"value":1.5}`, 27, "expected the end of the line after the object, found ','"},
		{`{"timestamp":7,"value":1.5}] [{"timestamp":8,"value":1.5}`, 27, "expected the end of the line after the object, found ']'"},
		{`,`, 0, "expected an object such as {\"timestamp\": 1262304000, \"value\": 39.4} on each line, found ','"},
		{`7`, 0, "expected an object such as {\"timestamp\": 1262304000, \"value\": 39.4} on each line, found '7'"},
		{"{\"timestamp\":7,\"value\":1.5,\"\xff\":1}", 28, "expected UTF-8 text, found an invalid byte"},
		{`{"timestamp":253402300800,"value":1}`, 0, "timestamp 253402300800 in seconds is after the year 9999 (is --unit ms meant?)"},
	} {
		good := `{"timestamp":5,"value":5}`
		got := validate(t, &ValidateFn{Format: JSONLines}, lines(good+"\n\n"+c.line+"\n"+good))
		points := got.points[Group{}]
		if c.message == "" {
			require.Empty(t, got.faults, c.line)
			require.Equal(t, []gohost.Datapoint{{Timestamp: 5, Value: 5}, {Timestamp: 7, Value: 1.5}, {Timestamp: 5, Value: 5}}, points, c.line)
			continue
		}
		require.Equal(t, []gohost.Datapoint{{Timestamp: 5, Value: 5}, {Timestamp: 5, Value: 5}}, points, c.line)
		require.Equal(t, []Fault{{"f", 1000 + int64(len(good)) + 2 + int64(c.at), c.message}}, got.faults, c.line)
	}
}

// Two lines that are valid only together are two faults, also beside a line with two points,
// which would make their number right.
func TestHalvesOfAValueDoNotJoin(t *testing.T) {
	for _, halves := range []string{
		"{\"timestamp\":1\n\"value\":2}",
		"[1\n2]",
		"{\"timestamp\":1,\"value\":2,\"x\":[1\n2]}",
		"{\"timestamp\":1,\"value\":2,\"x\":\"\n\"}",
	} {
		got := validate(t, &ValidateFn{Format: JSONLines}, lines(halves+"\n[3,4],[5,6]\n[7,8]"))
		require.Equal(t, []gohost.Datapoint{{Timestamp: 7, Value: 8}}, got.points[Group{}], halves)
		require.Len(t, got.faults, 3, halves)
	}
}

// What is found does not depend on what is in one text with a line.
func TestALineIsJudgedAlone(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	parts := []string{`{"timestamp":`, `1`, `,"value":`, `2.5`, `}`, `[1,2]`, `{`, `]`, `,`, `"`, `"k":"a"`, ` `, `{"timestamp":3,"value":4}`, `\`, "é", "\xff"}
	for range 300 {
		var text strings.Builder
		for range 1 + r.IntN(8) {
			for range 1 + r.IntN(6) {
				text.WriteString(parts[r.IntN(len(parts))])
			}
			if r.IntN(3) == 0 {
				text.Reset()
				text.WriteString(`{"timestamp":9,"value":9}`)
			}
			text.WriteString("\n")
		}
		together := validate(t, &ValidateFn{Format: JSONLines}, lines(text.String()))
		var points []gohost.Datapoint
		var faults []Fault
		at := 0
		for line := range strings.Lines(text.String()) {
			if strings.TrimSpace(line) == "" {
				at += len(line)
				continue
			}
			alone := validate(t, &ValidateFn{Format: JSONLines}, Text{File: "f", Offset: 1000 + int64(at), Data: []byte(line)})
			at += len(line)
			points = append(points, alone.points[Group{}]...)
			faults = append(faults, alone.faults...)
			require.Equal(t, 1, len(alone.points[Group{}])+len(alone.faults), "%q", line)
		}
		require.Equal(t, points, together.points[Group{}], "%q", text.String())
		require.Equal(t, faults, together.faults, "%q", text.String())
	}
}

func TestPointsAreGrouped(t *testing.T) {
	text := lines(strings.Join([]string{
		`{"timestamp":0,"value":1,"id":"a"}`,
		`{"timestamp":3599,"value":2,"id":"\u0061"}`,
		`{"timestamp":3600,"value":3,"id":"a"}`,
		`{"timestamp":1,"value":4,"id":17.50}`,
		`{"id" : true , "timestamp":1,"value":5,"x":{"id":"b"},"y":["id",{}]}`,
		`{"timestamp":2,"value":6,"\u0069d":"a"}`,
	}, "\n"))
	got := validate(t, &ValidateFn{Format: JSONLines, Window: "1h", KeyField: "id"}, text)
	require.Empty(t, got.faults)
	values := map[Group][]float64{}
	for group, points := range got.points {
		for _, p := range points {
			values[group] = append(values[group], p.Value)
		}
	}
	require.Equal(t, map[Group][]float64{
		{"a", 0}: {1, 2, 6}, {"a", 3600}: {3}, {"17.50", 0}: {4}, {"true", 0}: {5},
	}, values)

	got = validate(t, &ValidateFn{Format: JSONLines, Window: "1mo", KeyFile: true, Unit: "ms"}, lines(`[2678400000,1]`))
	require.Equal(t, []Group{{"f", 2678400}}, got.groups)
}

func TestFaultsOfKeys(t *testing.T) {
	for line, message := range map[string]string{
		`{"timestamp":1,"value":1}`:                    `missing member "id"`,
		`{"timestamp":1,"value":1,"id":1,"i\u0064":2}`: `duplicate member "id"`,
		`{"timestamp":1,"value":1,"id":{}}`:            `the member "id" is no string, number or literal`,
		`[1,1]`:                                        `expected an object with the member "id"`,
	} {
		got := validate(t, &ValidateFn{Format: JSONLines, KeyField: "id"}, lines(line))
		require.Empty(t, got.points)
		require.Equal(t, []Fault{{"f", 1000, message}}, got.faults)
	}
}

func TestArraysAreWholeOrAFault(t *testing.T) {
	f := &ValidateFn{Format: JSON, Window: "1h"}
	got := validate(t, f, Text{File: "f", Data: []byte("[[0,1],\n [3600,2], [1,3]]")})
	require.Equal(t, map[Group][]gohost.Datapoint{{"", 0}: {{Timestamp: 0, Value: 1}, {Timestamp: 1, Value: 3}}, {"", 3600}: {{Timestamp: 3600, Value: 2}}}, got.points)
	for text, want := range map[string]Fault{
		"[[0,1],\n[1,\"x\"]]": {"f", 13, `invalid type: string "x", expected f64`},
		"[]":                  {"f", 0, "Empty dataset"},
		"":                    {"f", 0, "EOF while parsing a value"},
		"[[0,1],\xff]":        {"f", 7, "expected UTF-8 text, found an invalid byte"},
	} {
		got := validate(t, f, Text{File: "f", Data: []byte(text)})
		require.Empty(t, got.points, text)
		require.Equal(t, []Fault{want}, got.faults, text)
	}
}

// An error of the engine is not a fault of the text: it fails the bundle.
func TestWhatTheEngineCannotDoIsNoFault(t *testing.T) {
	f := &ValidateFn{Format: JSONLines, Engine: Engine{Fuel: 1000}}
	require.NoError(t, f.Setup(t.Context()))
	defer func() { require.NoError(t, f.Teardown(t.Context())) }()
	err := f.ProcessElement(t.Context(), lines(strings.Repeat("[1,2]\n", 10_000)),
		func(Group, []byte) { t.Error("points") }, func(Fault) { t.Error("a fault") })
	require.ErrorIs(t, err, gohost.ErrLimit)
	require.ErrorContains(t, err, "f: byte offset 1000: ")
}

func TestInvalidOptionsAreRefused(t *testing.T) {
	for _, f := range []ValidateFn{
		{},
		{Format: "table"},
		{Format: JSONLines, TimeColumn: "t"},
		{Format: Packed, KeyField: "id"},
		{Format: JSON, Unit: "h"},
		{Format: JSON, Window: "2d"},
		{Format: JSON, KeyField: "id"},
		{Format: JSONLines, KeyField: "id", KeyFile: true},
		{Format: JSON, Engine: Engine{MemoryMiB: -1}},
	} {
		require.ErrorIs(t, f.Check(), gohost.ErrInvalidInput, fmt.Sprintf("%+v", f))
	}
}

func TestNormalizeGivesOneBatchWhateverTheOrder(t *testing.T) {
	f := &NormalizeFn{}
	require.NoError(t, f.Setup(t.Context()))
	defer func() { require.NoError(t, f.Teardown(t.Context())) }()
	r := rand.New(rand.NewPCG(11, 12))
	for name, value := range kinds {
		points := randomPoints(r, 500, value)
		for i := range points {
			points[i].Timestamp %= 100
		}
		var want []byte
		for round := range 5 {
			r.Shuffle(len(points), func(i, j int) { points[i], points[j] = points[j], points[i] })
			rest := slices.Clone(points)
			next := func(packed *[]byte) bool {
				n := min(len(rest), 1+r.IntN(50))
				*packed = gohost.AppendPacked(nil, rest[:n]...)
				rest = rest[n:]
				return n > 0
			}
			var got []byte
			require.NoError(t, f.ProcessElement(t.Context(), Group{"k", 5}, next, func(g Group, batch []byte) {
				require.Equal(t, Group{"k", 5}, g)
				got = batch
			}))
			if round == 0 {
				want = got
			}
			require.Equal(t, want, got, name)
		}
		again, err := f.shared.ProcessBatch(t.Context(), want)
		require.NoError(t, err)
		require.Equal(t, want, again, "it is normalised")
	}
	require.NoError(t, f.ProcessElement(t.Context(), Group{}, func(*[]byte) bool { return false },
		func(Group, []byte) { t.Error("an empty group") }))
	once := true
	err := f.ProcessElement(t.Context(), Group{"k", 5}, func(packed *[]byte) bool {
		*packed, once = make([]byte, 3), !once
		return !once
	}, func(Group, []byte) { t.Error("emitted") })
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}
