package input

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// outcome is all that an input gives.
type outcome struct {
	rows   []string
	bad    []string
	counts Counts
	unit   Unit
	err    string
}

// outcomeOf reads an input with n pieces at the same time.
func outcomeOf(t testing.TB, text string, opts Options, n int) (o outcome) {
	t.Helper()
	opts.Validate = engine.AppendValidated
	if opts.Bad.Max > 0 {
		opts.Bad.Record = func(b BadRecord) error {
			o.bad = append(o.bad, fmt.Sprintf("%s: %s: %q", b.Position, b.Message, b.Text))
			return nil
		}
	}
	reader, err := NewReader(strings.NewReader(text), opts)
	if err != nil {
		return outcome{err: err.Error()}
	}
	o.unit = reader.Unit()
	err = Each(t.Context(), reader, n, func(context.Context, *Piece) (struct{}, error) { return struct{}{}, nil }, func(p *Piece, _ struct{}) error {
		for i, point := range p.Points {
			o.rows = append(o.rows, fmt.Sprintf("%d: %q %d %d=%g", p.Locate(i).Line, p.Key(i), p.Column(i), int64(point.Timestamp)+reader.Origin(), point.Value))
		}
		return nil
	})
	o.counts = reader.Counts()
	if err != nil {
		o.err, o.counts = err.Error(), Counts{} // those of the pieces before
	}
	return o
}

// sameHoweverCut checks that an input gives the same in pieces of any size, and returns that.
func sameHoweverCut(t testing.TB, text string, opts Options) outcome {
	t.Helper()
	opts.PieceSize = 2*len(text) + 1
	want := outcomeOf(t, text, opts, 1)
	for size := 1; size <= len(text)+8; size += 1 + size/8 {
		opts.PieceSize = size
		got := outcomeOf(t, text, opts, 1+size%3)
		if want.err != "" { // pieces before the one with the error are done
			require.Equal(t, want.err, got.err, "pieces of %d bytes of %q", size, text)
			continue
		}
		require.Equal(t, want, got, "pieces of %d bytes of %q", size, text)
	}
	return want
}

func TestMissingValues(t *testing.T) {
	const text = "time,a,b\n1,NA,2\n,3,4\n3, - ,\"\"\n4,?,5\n5,NaN,\"x\ny\"\n"
	opts := Options{Values: []string{"a", "b"}, Missing: MissingSkip, MissingTexts: []string{"?", "x\ny"}}
	got := sameHoweverCut(t, text, opts)
	require.Empty(t, got.err)
	require.Equal(t, []string{`2: "" 1 1=2`, `5: "" 1 4=5`}, got.rows)
	require.Equal(t, Counts{Records: 5, Points: 2, Missing: 8}, got.counts)

	opts.Missing = MissingError
	require.Equal(t, `line 2, column 3: column "a": expected a number, found "NA"; Options.Missing skip leaves it out`, outcomeOf(t, text, opts, 1).err)
	opts.Missing = MissingSkip
	require.Equal(t, ErrEmpty.Error()+"; 0 records are bad and 2 values are missing", outcomeOf(t, "time,a,b\n,1,2\n", opts, 1).err)
}

// A number may stand for a missing value, in every format.
func TestNumbersThatStandForMissingValues(t *testing.T) {
	for _, text := range []string{
		"time,value\n1,-999\n2,3\n-999,4\n0,5\n\"1\",\"-999\"\n",
		"{\"timestamp\":1,\"value\":-999}\n{\"timestamp\":2,\"value\":3}\n{\"timestamp\":-999,\"value\":4}\n{\"timestamp\":0,\"value\":5}\n{\"timestamp\":1,\"value\":-999}\n",
		"[{\"timestamp\":1,\"value\":-999},\n{\"timestamp\":2,\"value\":3},\n{\"timestamp\":-999,\"value\":4},\n{\"timestamp\":0,\"value\":5},\n{\"timestamp\":1,\"value\":-999}]",
	} {
		got := sameHoweverCut(t, text, Options{Missing: MissingSkip, MissingTexts: []string{"-999", "0"}})
		require.Empty(t, got.err, text)
		require.Len(t, got.rows, 1, text)
		require.Contains(t, got.rows[0], `"" 0 2=3`)
		require.Equal(t, Counts{Records: 5, Points: 1, Missing: 4}, got.counts)
		got = outcomeOf(t, text, Options{MissingTexts: []string{"-999"}}, 1)
		require.Contains(t, got.err, "expected a number, found")
	}
}

func TestBadRecords(t *testing.T) {
	const text = "time,value\n1,2\nx,3\n\n4\n5,\"a\"\"\"\n6,7\n8,\"9\"9\"\"\n10,11\n"
	opts := Options{Bad: BadPolicy{Max: 4}}
	got := sameHoweverCut(t, text, opts)
	require.Empty(t, got.err)
	require.Equal(t, []string{`2: "" 0 1=2`, `7: "" 0 6=7`, `9: "" 0 10=11`}, got.rows)
	require.Equal(t, Counts{Records: 7, Points: 3, Bad: 4}, got.counts)
	require.Equal(t, []string{
		`line 3, column 1: column "time": expected an integer or a time such as 2010-01-31T12:00:00Z, found "x": "x,3\n"`,
		`line 5, column 1: expected 2 cells as in the first row, found 1: "4\n"`,
		`line 6, column 3: column "value": expected a finite number, found "a\"": "5,\"a\"\"\"\n"`,
		`line 8, column 5: expected a separator or the end of the line after a quote ("), or the quote is not closed; "" is a quote within quotes: "8,\"9\"9\"\"\n"`,
	}, got.bad)
	opts.Bad.Max = 3
	got = sameHoweverCut(t, text, opts)
	require.Equal(t, `line 8, column 5: expected a separator or the end of the line after a quote ("), or the quote is not closed; "" is a quote within quotes (3 bad records were left out before, the max of Options.Bad)`, got.err)

	opts.Bad.Max = 100
	got = sameHoweverCut(t, "time,value\n1,2\n3,5\" wide\n4,5\n6,7\n", opts)
	require.Contains(t, got.err, "line 3, column 4: a quote (\")")
	require.Contains(t, got.err, "a quote is not closed")
}

// A file after another in one text gives what it gives alone, with its columns in any order.
func TestFilesInOneText(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 5))
	for range 300 {
		names := []string{"time", "a value", "b", "station"}
		part := func() string {
			order := random.Perm(len(names))
			var text strings.Builder
			row := func(cells []string, quoted bool) {
				for i, at := range order {
					cell := cells[at]
					if quoted {
						cell = `"` + cell + `"`
					}
					text.WriteString([]string{"", ","}[min(i, 1)] + cell)
				}
				text.WriteString("\n")
			}
			row(names, random.IntN(2) == 0)
			for range random.IntN(6) {
				row([]string{fmt.Sprint(random.IntN(100)), fmt.Sprint(random.IntN(100)), fmt.Sprint(random.IntN(100)), []string{"x", "a value", "\n\n"}[random.IntN(3)]}, true)
			}
			return text.String()
		}
		opts := Options{Values: []string{"b", "a value"}, Keys: []string{"station"}}
		whole, lines := "", 0
		var want []string
		for range 1 + random.IntN(4) {
			text := part()
			for _, row := range outcomeOf(t, text, opts, 1).rows {
				line, rest, _ := strings.Cut(row, ":")
				n := 0
				fmt.Sscan(line, &n)
				want = append(want, fmt.Sprintf("%d:%s", n+lines, rest))
			}
			whole, lines = whole+text, lines+strings.Count(text, "\n")
		}
		require.Equal(t, want, sameHoweverCut(t, whole, opts).rows, whole)
	}
	got := sameHoweverCut(t, "t,v\n1,2\nv,t\n3,4\nt,v\n", Options{})
	require.Equal(t, []string{`2: "" 0 1=2`, `4: "" 0 4=3`}, got.rows)
	require.Equal(t, int64(2), got.counts.Records)
	got = outcomeOf(t, "t,v\n1,2\nv,t\n3,4\n", Options{Slow: true}, 1)
	require.Contains(t, got.err, "line 3, column 1: the header comes again")
	got = sameHoweverCut(t, "t,v\n1,2\nt,w\n3,4\n", Options{})
	require.Contains(t, got.err, `line 3, column 1: column "t": expected`)
}

func TestComments(t *testing.T) {
	const text = "\n# it's 5\" wide; \n\ntime;\"a;b\"\n# \"\n1;2\n#\n3;\"4\n# no comment\"\n"
	opts := Options{Comment: '#', Bad: BadPolicy{Max: 1}, Values: []string{"a;b"}}
	got := sameHoweverCut(t, text, opts)
	require.Empty(t, got.err)
	require.Equal(t, []string{`6: "" 0 1=2`}, got.rows)
	require.Len(t, got.bad, 1)
	require.Contains(t, got.bad[0], `line 8, column 3: column "a;b": expected a`)
}

func TestNumbersAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct {
		opts       Options
		cell, want string
	}{
		{Options{Decimal: ','}, "1,5", "1.5"},
		{Options{Decimal: ','}, "-1,5e3", "-1500"},
		{Options{Decimal: ',', Thousands: '.'}, "-1.234.567,25", "-1.23456725e+06"},
		{Options{Thousands: ' '}, "12 345", "12345"},
		{Options{Thousands: ','}, "123", "123"},
		{Options{Thousands: ','}, "1,234.5", "1234.5"},
		{Options{Thousands: ','}, "1,23", "expected a number"},
		{Options{Thousands: ','}, "1234,567", "expected a number"},
		{Options{Thousands: ','}, ",123", "expected a number"},
		{Options{Thousands: ','}, "1,234,", "expected a number"},
		{Options{Thousands: ','}, "1,234.567,8", "expected a number"},
		{Options{Thousands: ','}, "12,34,567", "; Options.Thousands ',' is between groups of three digits"},
		{Options{Decimal: ','}, "1\x00234", "expected a number"},
		{Options{Decimal: ','}, "1.5", "is Options.Decimal '.' meant?"},
		{Options{Decimal: ','}, "1.500", "is Options.Thousands '.' meant, or Options.Decimal '.'?"},
		{Options{}, "1,5", "is Options.Decimal ',' meant?"},
		{Options{}, "1,500", "is Options.Thousands ',' meant, or Options.Decimal ','?"},
		{Options{}, "1,234.5", "is Options.Thousands ',' meant?"},
		{Options{}, "1.234,5", "is Options.Decimal ',' with Options.Thousands '.' meant?"},
		{Options{}, "1 234", "is Options.Thousands ' ' meant?"},
		{Options{}, "1\u202f234,5", "found \"1\\u202f234,5\"; is Options.Decimal ',' with Options.Thousands ' ' meant?"},
		{Options{}, "1’234", `is Options.Thousands "'" meant?`},
		{Options{}, "−5", "its minus is the character U+2212, replace it by '-'"},
		{Options{Decimal: ',', Thousands: ' '}, "-1\u00a0234\u2009567\u202f890 123,5", "-1.2345678901235e+12"},
		{Options{Thousands: '\''}, "1’234'567", "1.234567e+06"},
		{Options{}, "12%", "percent sign"},
		{Options{}, "$12", "currency sign"},
	} {
		c.opts.Format = CSV
		got := outcomeOf(t, "time;value\n1;\""+c.cell+"\"\n", c.opts, 1)
		require.Contains(t, strings.Join(got.rows, "")+got.err, c.want, c.cell)
	}
}

func TestUnitsAreGuessed(t *testing.T) {
	for text, want := range map[string][2]string{
		"t,v\n1262304000,1\n":                         {"us", `1262304000000000=1`},
		"t,v\n-1262304000,1\n":                        {"us", `-1262304000000000=1`},
		"t,v\n1262304000250,1\n":                      {"us", `1262304000250000=1`},
		"t,v\n1262304000250001,1\n":                   {"us", `1262304000250001=1`},
		"t,v\n1262304000250001007,1\n":                {"ns", `1262304000250001007=1`},
		"t,v\n1262304000.25,1\n":                      {"us", `1262304000250000=1`},
		"t,v\n1262304000.0000001,1\n":                 {"ns", `1262304000000000100=1`},
		"t,v\n1.2623e9,1\n":                           {"us", `1262300000000000=1`},
		"t,v\n2010-01-01T00:00:00.5Z,1\n":             {"us", `1262304000500000=1`},
		"t,v\n2010-01-01T00:00:00.000000001Z,1\n":     {"ns", `1262304000000000001=1`},
		"t,v\n2010-01-01T00:00:00.000000000Z,1\n":     {"us", `1262304000000000=1`},
		"t,v\n1262304000,1\n1262304000000,1\n":        {"", "line 3, column 1: column \"t\": the timestamp 1262304000000 looks like milliseconds, and those of the first records like seconds; name the unit with Options.Unit"},
		"{\"timestamp\":1262304000250,\"value\":1}\n": {"us", `1262304000250000=1`},
		"{\"timestamp\":1262304000,\"value\":1}\n{\"timestamp\":1262304000.5,\"value\":2}\n":              {"us", `1262304000000000=1`},
		"[{\"timestamp\":1262304000,\"value\":1},{\"timestamp\":\"2010-01-01T00:00:00.5Z\",\"value\":2}]": {"us", `1262304000000000=1`},
		"[{\"timestamp\" : 1262304000, \"value\":1}]":                                                     {"us", `1262304000000000=1`},
		"[{\"timestamp\":1e20,\"value\":1}]":                                                              {"", "\"1e20\" is too far from 1970"},
		"{\"timestamp\":1262304000,\"value\":1}\n{\"timestamp\":1262304000000,\"value\":1}\n":             {"", "line 2, column 1 (byte offset 35): the timestamp 1262304000000 looks like milliseconds"},
	} {
		got := sameHoweverCut(t, text, Options{Unit: AutoUnit, Early: true})
		if want[0] == "" {
			require.Contains(t, got.err, want[1], text)
			continue
		}
		require.Empty(t, got.err, text)
		require.Equal(t, want[0], string(got.unit), text)
		require.True(t, strings.HasSuffix(got.rows[0], " "+want[1]), "%s: %s", text, got.rows)
	}
	// A fraction may come long after the first records.
	var lines, table strings.Builder
	table.WriteString("timestamp,value\n")
	for i := range 3000 {
		fmt.Fprintf(&lines, "{\"timestamp\":%d,\"value\":1}\n", 1262304000+i)
		fmt.Fprintf(&table, "%d,1\n", 1262304000+i)
	}
	long := lines.String()
	for _, text := range []string{
		long + "{\"timestamp\":1262304000.5,\"value\":1}\n",
		"[" + strings.ReplaceAll(strings.TrimSpace(long), "\n", ",") + ",{\"timestamp\":1262304000.5,\"value\":1}]",
		table.String() + "1262304000.5,1\n",
	} {
		got := outcomeOf(t, text, Options{Unit: AutoUnit, Early: true}, 2)
		require.Empty(t, got.err)
		require.True(t, strings.HasSuffix(got.rows[3000], " 1262304000500000=1"), got.rows[3000])
	}
	require.Contains(t, outcomeOf(t, table.String()+"1262304000.0000005,1\n", Options{Unit: AutoUnit, Early: true}, 2).err, "write such times as texts, and use Options.Unit ns")
	got := outcomeOf(t, table.String()+"2010-01-01T00:00:00.0000005Z,1\n", Options{Unit: AutoUnit, Early: true}, 2)
	require.Contains(t, got.err, "use a finer Options.Unit")
	// The unit is that of the first time, wherever it is.
	for text, path := range map[string]string{
		`{"t":[1700000000000,5]}`:                                          "t.0",
		`{"a.b":1700000000000,"v":5}`:                                      "a.b",
		`{"t\u0073":1700000000000,"v":5}`:                                  "ts",
		`[[1700000000000,2],[1700000000001,4]]`:                            "",
		`{"o":{"at":1700000000},"m":{"at":1700000000000},"v":5}`:           "m.at",
		`[{"x":{"timestamp":5},"value":2,"timestamp":1700000000000}]`:      "",
		`[{"timestamp":1700000000000,"value":2,"x":[{"timestamp":5},{}]}]`: "",
	} {
		opts := Options{Unit: AutoUnit, Early: true, Time: path, Validate: engine.AppendValidated}
		if strings.HasPrefix(path, "t.") {
			opts.Values = []string{"t.1"}
		}
		reader, err := NewReader(strings.NewReader(text), opts)
		require.NoError(t, err)
		require.Equal(t, Millisecond, reader.opts.numbers, text)
		_, err = recordsOf(t, text, opts)
		require.NoError(t, err, text)
	}
	// Digits that a format reads are no number.
	got = sameHoweverCut(t, "t,v\n20240102030405123,1\n", Options{Unit: AutoUnit, Early: true, TimeFormat: "%Y%m%d%H%M%S%f", Location: time.UTC})
	require.Equal(t, "us", string(got.unit))
	formatted, err := NewReader(strings.NewReader("t,v\n20240102030405123,1\n"), Options{Unit: AutoUnit, Early: true, TimeFormat: "%Y%m%d%H%M%S%f", Location: time.UTC})
	require.NoError(t, err)
	require.Empty(t, formatted.Guesses())
	// The next file of a run has the unit of the first.
	reader, err := NewReader(strings.NewReader("t,v\n1262304000250,1\n"), Options{Unit: AutoUnit, Early: true})
	require.NoError(t, err)
	require.Equal(t, "unit", reader.Guesses()[0].What)
	require.Contains(t, outcomeOf(t, "t,v\n1262304000,1\n", reader.Options(), 1).err, "looks like seconds")
	require.Equal(t, []string{`2: "" 0 1262304000251000=1`}, outcomeOf(t, "t,v\n1262304000251,1\n", reader.Options(), 1).rows)
}

// Times before 1970 and after 9999 in formats that the engine parses.
func TestEarlyAndLateTimes(t *testing.T) {
	packed := string(binaryPoints(1, 253402300800))
	for format, text := range map[Format]string{Packed: packed, NDJSON: "{\"timestamp\":1,\"value\":2}\n{\"timestamp\":253402300800,\"value\":2}\n"} {
		reader, err := NewReader(strings.NewReader(text), Options{Format: format, Early: true, Validate: engine.AppendValidated})
		require.NoError(t, err)
		require.Equal(t, int64(-62135596800), reader.Origin())
		var points int
		err = Each(t.Context(), reader, 1, func(context.Context, *Piece) (struct{}, error) { return struct{}{}, nil }, func(p *Piece, _ struct{}) error {
			points += len(p.Points)
			require.Equal(t, uint64(62135596801), p.Points[0].Timestamp)
			return nil
		})
		require.ErrorContains(t, err, "timestamp 253402300800 in seconds is after the year 9999")
		require.Equal(t, 1, points)
	}
}

func TestAColumnThatLooksLikeAKey(t *testing.T) {
	rows := func(header string, row func(i int) string) string {
		text := header + "\n"
		for i := range 20 {
			text += row(i) + "\n"
		}
		return text
	}
	for want, text := range map[string]string{
		"site":      rows("time,value,site", func(i int) string { return fmt.Sprintf("%d,1,%c", i, 'a'+i%3) }),
		"sensor_id": rows("time,value,sensor_id", func(i int) string { return fmt.Sprintf("%d,1,%d", i, i%3) }),
	} {
		reader, err := NewReader(strings.NewReader(text), Options{})
		require.NoError(t, err)
		require.Len(t, reader.Guesses(), 1)
		require.Equal(t, want, reader.Guesses()[0].Value)
		require.True(t, reader.Guesses()[0].Notable)
		reader, err = NewReader(strings.NewReader(text), Options{Keys: []string{want}})
		require.NoError(t, err)
		require.Empty(t, reader.Guesses())
	}
	for _, text := range []string{
		rows("time,value,note", func(i int) string { return fmt.Sprintf("%d,1,note %d", i, i) }),
		rows("time,value,level", func(i int) string { return fmt.Sprintf("%d,1,%d", i, i%3) }),
		rows("time,value,site", func(i int) string { return fmt.Sprintf("%d,1,a", i) }),
	} {
		reader, err := NewReader(strings.NewReader(text), Options{})
		require.NoError(t, err)
		require.Empty(t, reader.Guesses(), text)
	}
}

// A NUL in a cell does not make a table packed points.
func TestANulInACell(t *testing.T) {
	got := sameHoweverCut(t, "time,value,k\n1,2,a\x00b\n3,4,\x01\n", Options{Keys: []string{"k"}})
	require.Equal(t, []string{`2: "a\x00b" 0 1=2`, `3: "\x01" 0 3=4`}, got.rows)
}

// Every way to cut random tables with faults, comments, headers and missing cells gives the same.
func TestTablesHoweverCut(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 6))
	for range 400 {
		checkTable(t, random)
	}
}

func checkTable(t testing.TB, random *rand.Rand) {
	t.Helper()
	pick := func(cells ...string) string { return cells[random.IntN(len(cells))] }
	text := pick("", "# \"\n", "\n\n") + "time,value,k\n"
	for range random.IntN(12) {
		switch random.IntN(12) {
		case 0:
			text += pick("value,time,k\n", "k,value,time\n", "time,value,k\n", "\"k\",time,value\r\n")
		case 1:
			text += pick("# comment \"\n", "#\n", "\n", "1,2\n", "1,2,3,4\n")
		case 2:
			text += fmt.Sprintf("%s,%s,%s\n", pick(timeCells...), pick(valueCells...), pick(badValues...))
		default:
			text += fmt.Sprintf("%s,%s,%s\n", pick("1", "2010-01-31", "x", "", "5.5"), pick("1", "NA", "x", "\"1\"", "2.5"), pick("a", "\"b\n\"", "", "time"))
		}
	}
	opts := Options{
		Format: CSV, Comment: '#', Keys: []string{"k"}, Early: true, Unit: []Unit{AutoUnit, Second, ""}[random.IntN(3)],
		Missing: []Missing{MissingSkip, MissingError}[random.IntN(2)], Bad: BadPolicy{Max: []int64{0, 1, 100}[random.IntN(3)]},
	}
	got := sameHoweverCut(t, text, opts)
	if got.err == "" {
		require.Equal(t, got.counts.Records-got.counts.Bad, got.counts.Points+got.counts.Missing, text)
		require.Len(t, got.rows, int(got.counts.Points))
		require.Len(t, got.bad, int(got.counts.Bad))
		require.True(t, slices.IsSortedFunc(got.bad, func(a, b string) int {
			var x, y int
			fmt.Sscanf(a, "line %d", &x)
			fmt.Sscanf(b, "line %d", &y)
			return x - y
		}))
	}
}

func FuzzTableHoweverCut(f *testing.F) {
	for seed := range uint64(20) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { checkTable(t, rand.New(rand.NewPCG(seed, 7))) })
}

func binaryPoints(timestamps ...uint64) (packed []byte) {
	for _, t := range timestamps {
		packed = gohost.AppendPacked(packed, gohost.Datapoint{Timestamp: t, Value: 2})
	}
	return packed
}
