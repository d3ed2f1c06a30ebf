package input_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

// table is a few rows of columns with names, in batches of two.
type table struct {
	names   []string
	columns []input.Column
	rows    int
	chosen  []int
	at      int
	closed  bool
}

func (t *table) Names() []string { return t.names }
func (t *table) Close() error    { t.closed = true; return nil }

func (t *table) Select(columns []int) error {
	t.chosen = columns
	for _, i := range columns {
		if t.columns[i].Kind == 99 {
			return errors.New("a list")
		}
	}
	return nil
}

func (t *table) Next(_ context.Context, b *input.Batch) error {
	if t.at >= t.rows {
		return io.EOF
	}
	b.First, b.Rows, b.Columns = int64(t.at)+1, min(2, t.rows-t.at), nil
	for _, i := range t.chosen {
		b.Columns = append(b.Columns, t.columns[i].Slice(t.at, b.Rows))
	}
	t.at += b.Rows
	return nil
}

func texts(values ...string) input.Column {
	var c input.Column
	c.Reset(input.Texts, "")
	for _, v := range values {
		c.AppendText([]byte(v))
	}
	return c
}

func floats(values ...float64) input.Column { return input.Column{Kind: input.Floats, Floats: values} }

func ints(kind input.ColumnKind, unit input.Unit, values ...int64) input.Column {
	return input.Column{Kind: kind, Unit: unit, Integers: values}
}

// points returns what a table gives, as texts.
func points(t *testing.T, src *table, opts input.Options) ([]string, *input.Reader, error) {
	t.Helper()
	opts.Early = true
	r, err := input.NewBatchReader(t.Context(), src, opts)
	if err != nil {
		return nil, nil, err
	}
	var all []string
	err = input.Each(t.Context(), r, 2, func(context.Context, *input.Piece) (struct{}, error) { return struct{}{}, nil }, func(p *input.Piece, _ struct{}) error {
		for i, point := range p.Points {
			per := map[input.Unit]int64{input.Second: 1, input.Millisecond: 1e3, input.Microsecond: 1e6, input.Nanosecond: 1e9}[r.Unit()]
			since := int64(point.Timestamp) + r.Origin()
			at := time.Unix(since/per, since%per*(1e9/per)).UTC()
			line := fmt.Sprintf("%s %v", at.Format(time.RFC3339Nano), point.Value)
			if p.Column(i) > 0 {
				line += fmt.Sprint(" column ", p.Column(i))
			}
			if key := p.Key(i); key != nil {
				line += fmt.Sprintf(" %q", key)
			}
			all = append(all, fmt.Sprintf("%s: %s", p.Locate(i), line))
		}
		return nil
	})
	return all, r, err
}

func TestBatchesOfNumbers(t *testing.T) {
	src := &table{
		names: []string{"station", "time", "value", "n"}, rows: 3,
		columns: []input.Column{texts("a", "b", "a"), ints(input.Instants, input.Millisecond, 0, -1500, 1262304000250), floats(1.5, -2, 3), ints(input.Integers, "", 1, 2, 1<<53+1)},
	}
	got, r, err := points(t, src, input.Options{Unit: input.AutoUnit, Values: []string{"value", "n"}, Keys: []string{"station"}})
	require.NoError(t, err)
	require.Equal(t, []string{
		`row 1: 1970-01-01T00:00:00Z 1.5 "a"`, `row 1: 1970-01-01T00:00:00Z 1 column 1 "a"`,
		`row 2: 1969-12-31T23:59:58.5Z -2 "b"`, `row 2: 1969-12-31T23:59:58.5Z 2 column 1 "b"`,
		`row 3: 2010-01-01T00:00:00.25Z 3 "a"`, `row 3: 2010-01-01T00:00:00.25Z 9.007199254740992e+15 column 1 "a"`,
	}, got)
	require.Equal(t, []string{"value", "n"}, r.ValueNames())
	require.Equal(t, input.Counts{Records: 3, Points: 6}, r.Counts())
}

// Each kind of a time is the instant that it means.
func TestBatchesOfTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	require.NoError(t, err)
	for name, test := range map[string]struct {
		times input.Column
		opts  input.Options
		want  string
		fault string
	}{
		"seconds":              {times: ints(input.Integers, "", 1262304000), want: "2010-01-01T00:00:00Z"},
		"negative seconds":     {times: ints(input.Integers, "", -1), want: "1969-12-31T23:59:59Z"},
		"milliseconds":         {times: ints(input.Integers, "", 1262304000001), want: "2010-01-01T00:00:00.001Z"},
		"seconds with a part":  {times: floats(1262304000.5), want: "2010-01-01T00:00:00.5Z"},
		"text":                 {times: texts("2010-01-01 00:00:00.5Z"), want: "2010-01-01T00:00:00.5Z"},
		"decimal":              {times: input.Column{Kind: input.Decimals, Text: []byte("1262304000.250"), Ends: []int32{14}}, want: "2010-01-01T00:00:00.25Z"},
		"date":                 {times: ints(input.Dates, "", 14610), want: "2010-01-01T00:00:00Z"},
		"date here":            {times: ints(input.Dates, "", 14610), opts: input.Options{Location: berlin}, want: "2009-12-31T23:00:00Z"},
		"nanoseconds":          {times: ints(input.Instants, input.Nanosecond, 1262304000000000001), want: "2010-01-01T00:00:00.000000001Z"},
		"local without a zone": {times: ints(input.LocalTimes, input.Second, 1262304000), fault: "no time zone"},
		"local":                {times: ints(input.LocalTimes, input.Microsecond, 1278000000000001), opts: input.Options{Location: berlin}, want: "2010-07-01T14:00:00.000001Z"},
		"too fine":             {times: ints(input.Instants, input.Millisecond, 1), opts: input.Options{Unit: input.Second}, fault: "a finer Options.Unit"},
		"format":               {times: ints(input.Integers, "", 20100102), opts: input.Options{TimeFormat: "%Y%m%d", Location: time.UTC}, want: "2010-01-02T00:00:00Z"},
		"format of instants":   {times: ints(input.Instants, input.Second, 1), opts: input.Options{TimeFormat: "%Y"}, fault: `Options.TimeFormat needs times that are texts or integers, which column "t" has not`},
		"boolean":              {times: ints(input.Booleans, "", 1), fault: `expected a timestamp, found`},
		"infinity":             {times: ints(input.Instants, input.Microsecond, math.MaxInt64), fault: `found "infinity"`},
		"no beginning":         {times: ints(input.LocalTimes, input.Second, math.MinInt64), opts: input.Options{Location: berlin}, fault: `found "-infinity"`},
		"far":                  {times: ints(input.Dates, "", 1<<40), fault: `column "t"`},
		"endless":              {times: ints(input.Dates, "", math.MaxInt64), fault: `column "t"`},
	} {
		t.Run(name, func(t *testing.T) {
			if test.opts.Unit == "" {
				test.opts.Unit = input.AutoUnit
			}
			got, _, err := points(t, &table{names: []string{"t", "v"}, columns: []input.Column{test.times, floats(1)}, rows: 1}, test.opts)
			if test.fault != "" {
				require.ErrorContains(t, err, test.fault)
				return
			}
			require.NoError(t, err)
			require.Equal(t, []string{"row 1: " + test.want + " 1"}, got)
		})
	}
}

// Missing values and rows that are no points follow the options, and are counted.
func TestBatchesWithGaps(t *testing.T) {
	gap := floats(1, 4)
	gap.Missing = []bool{false, true, true, false}
	src := func() *table {
		return &table{names: []string{"t", "v"}, rows: 4, columns: []input.Column{ints(input.Integers, "", 1, 2, 3, 4), gap}}
	}
	_, _, err := points(t, src(), input.Options{})
	require.ErrorContains(t, err, `row 2: column "v": expected a number, found null; Options.Missing skip`)
	got, r, err := points(t, src(), input.Options{Missing: input.MissingSkip})
	require.NoError(t, err)
	require.Equal(t, []string{"row 1: 1970-01-01T00:00:01Z 1", "row 4: 1970-01-01T00:00:04Z 4"}, got)
	require.Equal(t, input.Counts{Records: 4, Points: 2, Missing: 2}, r.Counts())

	decimals := texts("1", "NaN", "2.50", "-0.1")
	decimals.Kind = input.Decimals
	got, r, err = points(t, &table{names: []string{"t", "v"}, rows: 4, columns: []input.Column{ints(input.Integers, "", 1, 2, 3, 4), decimals}}, input.Options{Missing: input.MissingSkip})
	require.NoError(t, err)
	require.Len(t, got, 3)
	require.Equal(t, input.Counts{Records: 4, Points: 3, Missing: 1}, r.Counts(), "as NaN of a double")

	odd := &table{names: []string{"t", "v"}, rows: 4, columns: []input.Column{ints(input.Integers, "", 1, 2, 3, 4), floats(1, math.NaN(), math.Inf(1), 4)}}
	var bad []string
	opts := input.Options{Decimal: ',', Missing: input.MissingSkip, Bad: input.BadPolicy{Max: 1, Record: func(b input.BadRecord) error {
		bad = append(bad, fmt.Sprintf("%s: %s: %s", b.Position, b.Message, b.Text))
		return nil
	}}}
	got, r, err = points(t, odd, opts)
	require.NoError(t, err)
	require.Len(t, got, 2)
	require.Equal(t, input.Counts{Records: 4, Points: 2, Missing: 1, Bad: 1}, r.Counts())
	require.Len(t, bad, 1)
	require.Contains(t, bad[0], `row 3: column "v": expected a finite number`)
	require.Contains(t, bad[0], `t="3" v="+Inf"`)
}

func TestBatchesAreChosenByName(t *testing.T) {
	src := &table{names: []string{"a", "b", "c"}, rows: 1, columns: []input.Column{floats(1), floats(2), {Kind: 99}}}
	_, _, err := points(t, src, input.Options{})
	require.ErrorContains(t, err, "no column is recognised as the time")
	_, _, err = points(t, src, input.Options{Time: "a", Values: []string{"c"}})
	require.ErrorContains(t, err, "a list")
	var data *input.DataError
	require.ErrorAs(t, err, &data)
	_, _, err = points(t, &table{names: []string{"t", "v"}, columns: make([]input.Column, 2)}, input.Options{})
	require.ErrorIs(t, err, input.ErrEmpty)
	_, _, err = points(t, src, input.Options{Time: "a", Values: []string{"b"}, Comment: '#'})
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}

// Several keys are joined, whatever their types are.
func TestBatchesWithKeys(t *testing.T) {
	flag := ints(input.Booleans, "", 1, 0)
	got, _, err := points(t, &table{names: []string{"t", "v", "k", "f"}, rows: 2, columns: []input.Column{ints(input.Integers, "", 1, 2), floats(1, 2), ints(input.Integers, "", 7, -7), flag}},
		input.Options{Keys: []string{"k", "f"}})
	require.NoError(t, err)
	require.Equal(t, []string{
		fmt.Sprintf("row 1: 1970-01-01T00:00:01Z 1 %q", input.JoinKey("7", "true")),
		fmt.Sprintf("row 2: 1970-01-01T00:00:02Z 2 %q", input.JoinKey("-7", "false")),
	}, got)
}

// Values may share a text: those of a dictionary. Slices have the same values.
func TestColumnOfSharedTexts(t *testing.T) {
	c := texts("a", "bc")
	c.AppendAgain(1)
	c.AppendAgain(0)
	c.AppendText([]byte("d"))
	c.AppendAgain(4)
	want := []string{"a", "bc", "bc", "a", "d", "d"}
	for i, text := range want {
		require.Equal(t, text, string(c.TextAt(i)))
		for n := range len(want) - i {
			part := c.Slice(i, n)
			require.Len(t, part.Ends, n)
			for j := range n {
				require.Equal(t, want[i+j], string(part.TextAt(j)))
			}
		}
	}
	require.Equal(t, "abcd", string(c.Text))
	c.Reset(input.Texts, "")
	c.AppendText([]byte("e"))
	require.Equal(t, "e", string(c.TextAt(0)))

	// Rows of several values, with a gap and with a key that is missing, in batches of two.
	keys := texts("long", "k")
	for _, i := range []int{0, 1, 0} {
		keys.AppendAgain(i)
	}
	keys.Missing = []bool{false, false, false, true, false, false}
	gap := floats(1, 3, 4, 5, 6)
	gap.Missing = []bool{false, true, false, false, false, false}
	src := &table{names: []string{"t", "v", "w", "k"}, rows: 6, columns: []input.Column{ints(input.Integers, "", 1, 2, 3, 4, 5, 6), gap, floats(1, 2, 3, 4, 5, 6), keys}}
	got, _, err := points(t, src, input.Options{Unit: input.Second, Values: []string{"v", "w"}, Keys: []string{"k"}, Missing: input.MissingSkip})
	require.NoError(t, err)
	require.Equal(t, []string{
		`row 1: 1970-01-01T00:00:01Z 1 "long"`, `row 1: 1970-01-01T00:00:01Z 1 column 1 "long"`,
		`row 2: 1970-01-01T00:00:02Z 2 column 1 "k"`,
		`row 3: 1970-01-01T00:00:03Z 3 "long"`, `row 3: 1970-01-01T00:00:03Z 3 column 1 "long"`,
		`row 4: 1970-01-01T00:00:04Z 4 "null"`, `row 4: 1970-01-01T00:00:04Z 4 column 1 "null"`,
		`row 5: 1970-01-01T00:00:05Z 5 "k"`, `row 5: 1970-01-01T00:00:05Z 5 column 1 "k"`,
		`row 6: 1970-01-01T00:00:06Z 6 "long"`, `row 6: 1970-01-01T00:00:06Z 6 column 1 "long"`,
	}, got)
}
