package input

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// chunks returns its text in reads of random sizes.
type chunks struct {
	text   []byte
	random *rand.Rand
}

func (c *chunks) Read(p []byte) (int, error) {
	if len(c.text) == 0 {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(len(c.text), 1+c.random.IntN(300))])
	c.text = c.text[n:]
	return n, nil
}

// checkCuts requires that a text gives the same for any pieces, and any number of them at the
// same time: points, positions, and the first fault.
func checkCuts(t testing.TB, random *rand.Rand, text []byte, opts Options, want answer) {
	t.Helper()
	for range 4 {
		n := 1 + random.IntN(8)
		opts.PieceSize = 1 + random.IntN(1+2*len(text)>>random.IntN(8))
		got := readWith(t, n, &chunks{text, random}, opts, true)
		require.Equal(t, want, got, "%d pieces of %d bytes at the same time, of %q", n, opts.PieceSize, text)
	}
}

// byLines reads NDJSON line by line: what pieces of lines must give.
func byLines(t testing.TB, text []byte) answer {
	t.Helper()
	a := answer{}
	pos := Position{Line: 1, Column: 1}
	if bytes.HasPrefix(text, []byte(byteOrderMark)) {
		pos = pos.after(text[:len(byteOrderMark)])
		text = text[len(byteOrderMark):]
	}
	for line := range bytes.Lines(text) {
		value := bytes.Trim(line, " \t\r\n")
		start := bytes.Index(line, value)
		at := pos.after(line[:start])
		pos = pos.after(line)
		if len(value) == 0 {
			continue
		}
		fail := func(offset int, message string) answer {
			at.Offset += int64(offset)
			at.Column += int64(offset)
			a.err = badData(at, "%s", message).Error()
			return a
		}
		if bad, problem := checkLine(value); problem != "" {
			return fail(bad, problem)
		}
		array := fmt.Appendf(nil, "[%s]", value)
		points, about, err := check(t.Context(), engine.AppendValidated, nil, array)
		require.NoError(t, err)
		if about != nil {
			return fail(max(about.at-1, 0), about.message)
		}
		a.points = append(a.points, points...)
		a.positions = append(a.positions, at)
	}
	if a.points == nil {
		a.err = ErrEmpty.Error()
	}
	return a
}

var objects = []string{
	`{"timestamp":1262304000,"value":39.4}`, `{"timestamp": 5, "value": -1e3}`, `{"value":2,"timestamp":7}`, `[8,1.5]`,
	`{"timestamp":1,"value":2,"note":"a, b"}`, `{"timestamp":1,"note":{"x":[1,{}]},"value":2}`,
	`{"timestamp":1,"value":2,"note":"}{"}`, `{"timestamp":1,"value":2,"note":"\"}\\"}`, `{"timestamp":1,"value":2,"é":"日本"}`,
}

var badLines = []string{
	`{"timestamp":1}`, `{"timestamp":1,"value":x}`, `{"timestamp":1,"value":2`, `{"timestamp":1,"value":2}}`, `12`, `{`, `}`, `"`, `{}`, `[]`, "\xff",
	`{"timestamp":1,"value":2},{"timestamp":1,"value":2}`, `{"timestamp":1,"value":2} 5`, `{"timestamp":1,"value":1e999}`,
	"{\"timestamp\":1,\"value\":2,\"\xff\":1}", "{\"timestamp\":1,\"value\":2,\"note\":\"}\n{\":0}", "{\"timestamp\":1,\n\"value\":2}",
	"{\"timestamp\":1,\"value\":2,\"x\":\"}\n{\",\"y\":0}",
	"{\"timestamp\":1,\"value\":2},{\"timestamp\":1,\"value\":2}\n{\"timestamp\":1,\"value\":2,\"x\":\"}\n{\",\"y\":0}",
	"{\"timestamp\":1,\"value\":2,\"x\":[{}\n{}]}", "{\"timestamp\":1,\"value\":2,\"x\":{}\n{\"y\":1}}", `{"timestamp":1,"value":2},[3,4]`,
	"{\"timestamp\":1,\"value\":2,\"note\":\"\x00\"}", `{"timestamp":-1,"value":2}`, `{"timestamp":1,"value":2,"value":3}`, ",", "],[",
}

// randomLines are lines of NDJSON, one in three times with a bad one.
func randomLines(random *rand.Rand) []byte {
	var text bytes.Buffer
	if random.IntN(8) == 0 {
		text.WriteString(byteOrderMark)
	}
	usual := random.IntN(3) > 0 // all lines the same, as in most files
	lines := 1 + random.IntN(40)
	bad := random.IntN(3 * lines)
	for i := range lines {
		line := objects[0]
		if !usual {
			line = strings.Repeat(" ", random.IntN(2)) + objects[random.IntN(len(objects))] + strings.Repeat("\t", random.IntN(2))
		}
		if i == bad {
			line = badLines[random.IntN(len(badLines))]
		}
		text.WriteString(line + []string{"\n", "\n", "\n", "\r\n", "\n\n", "\n \n"}[random.IntN(6)])
	}
	return text.Bytes()[:text.Len()-random.IntN(2)]
}

func TestPiecesOfLinesGiveWhatEachLineDoes(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 1))
	good := 0
	for range 1500 {
		text := randomLines(random)
		want := byLines(t, text)
		if want.err == "" {
			good++
		}
		checkCuts(t, random, text, Options{Format: NDJSON}, want)
	}
	require.Greater(t, good, 300)
}

func FuzzLines(f *testing.F) {
	for _, line := range append(objects, badLines...) {
		f.Add([]byte(objects[0]+"\n"+line+"\r\n"+objects[0]), uint64(len(line)))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		if len(text) == 0 || checkEncoding(text) != nil || beginsArray(bytes.TrimPrefix(text, []byte(byteOrderMark))) {
			return
		}
		checkCuts(t, rand.New(rand.NewPCG(seed, 2)), text, Options{Format: NDJSON, Strict: true}, byLines(t, text))
	})
}

// byEncodingCSV reads a text with encoding/csv alone: what all other ways must give.
func byEncodingCSV(t testing.TB, text []byte) answer {
	t.Helper()
	reader, err := NewReader(bytes.NewReader(text), Options{Format: CSV, PieceSize: 2*len(text) + 1})
	if err != nil {
		return answer{err: err.Error()}
	}
	a := answer{}
	for err == nil {
		var p Piece
		if err = reader.cut.next(&p); err != nil {
			break
		}
		parser := reader.parser.(*csvParser)
		if p.table != nil { // after a header with another order of the columns
			parser = p.table
		}
		rows := parser.rowsFrom(&p, 0, 0)
		for err == nil {
			err = rows.addPoint(&p)
		}
		a.points = append(a.points, p.Points...)
		for i := range p.Points {
			a.positions = append(a.positions, parser.locate(&p, i))
		}
		if errors.Is(err, io.EOF) && !p.final {
			err = nil
		}
	}
	switch {
	case !errors.Is(err, io.EOF):
		a.err = err.Error()
	case a.points == nil:
		a.err = ErrEmpty.Error()
	}
	return a
}

var (
	timeCells = []string{
		"1262304000", "1262304000123456789", "0", "007", " 5", "5\t", "\"77\"", "\" 77 \"", "2010-01-31T12:00:00Z", "\"2010-01-31 12:00:00+01:00\"",
		"18446744073709551615", "\u00a08\u2003",
	}
	badTimes   = []string{"", "-1", "1.5", "18446744073709551616", "100000000000000000000000", "2010-01-31T12:00:00", "\"", "5\"", "\"5\"5", "\"\"", "1\r2", "\xff"}
	valueCells = []string{
		"39.4", "-0", "1e5", ".5", "5.", "+3", "007.250", "9007199254740992", "9007199254740993", "39.41234567890123456", "0.1000000000000000055511151231257827",
		" 2.5 ", "\"2.5\"", "\"-7\"", "1" + strings.Repeat("0", 30), "4.9e-324", "0.0000000000000000000001", "1234567890123456789", "12345678901234567890", "\"1\n\"",
	}
	badValues  = []string{"", "NaN", "1_0", "0x10", "--1", "1e999", ".", "-", "+-1", "1.5.2", "\"1", "1\"", "\"1\"x", "1 2", "\"1,5\"", "1\r"}
	otherCells = []string{"", "x", "\"a, b\"", "\"a \"\"b\"\"\"", "\"two\nlines\"", "\"two\r\nlines\"", "a b", "\r", "é", "\"\"", "\"\n\n\n\""}
)

// randomTable is CSV, one in two times with a bad cell or row.
func randomTable(random *rand.Rand) []byte {
	pick := func(cells []string) string { return cells[random.IntN(len(cells))] }
	comma := []string{",", ";", "\t"}[random.IntN(3)]
	columns := 2 + random.IntN(3)
	swapped := random.IntN(2) // value before time
	unusual := random.IntN(4) * random.IntN(30)
	end := []string{"\n", "\r\n"}[random.IntN(2)]
	var text strings.Builder
	row := func(at, value string, other func() string) {
		cells := []string{at, value}
		if swapped == 1 {
			cells[0], cells[1] = value, at
		}
		for range columns - 2 {
			cells = append(cells, other())
		}
		text.WriteString(strings.Join(cells, comma) + end)
		if random.IntN(20) == 0 {
			text.WriteString(end)
		}
	}
	if random.IntN(8) == 0 {
		text.WriteString(byteOrderMark)
	}
	if columns > 2 || random.IntN(4) > 0 {
		row("time", "value", func() string { return "\"a " + strings.Repeat("\n", random.IntN(2)) + "note\"" })
	}
	rows := 1 + random.IntN(120)
	bad := random.IntN(2 * rows)
	for i := range rows {
		at, value := timeCells[0], valueCells[0]
		if random.IntN(100) < unusual {
			at, value = pick(timeCells), pick(valueCells)
		}
		switch {
		case i == bad && random.IntN(3) == 0:
			at = pick(badTimes)
		case i == bad && random.IntN(2) == 0:
			value = pick(badValues)
		case i == bad:
			text.WriteString(pick([]string{"1", "1" + comma, comma, comma + comma + comma + comma, "\"", "\r\r", "\r", "1" + comma + "2" + comma + "3" + comma + "4" + comma + "5"}) + end)
		}
		row(at, value, func() string { return pick(otherCells[:1+random.IntN(len(otherCells))]) })
	}
	return []byte(text.String())[:text.Len()-random.IntN(1+len(end))]
}

func TestRowsAreThoseOfEncodingCSV(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 3))
	good := 0
	for range 4000 {
		text := randomTable(random)
		want := byEncodingCSV(t, text)
		if want.err == "" {
			good++
		}
		checkCuts(t, random, text, Options{Format: CSV}, want)
	}
	require.Greater(t, good, 1000)
}

func FuzzTable(f *testing.F) {
	random := rand.New(rand.NewPCG(13, 4))
	for i := range 50 {
		f.Add(randomTable(random), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		checkCuts(t, rand.New(rand.NewPCG(seed, 5)), text, Options{Format: CSV}, byEncodingCSV(t, text))
	})
}

// What an array or a batch gives does not depend on the pieces.
func TestPiecesOfAnArrayAtTheSameTime(t *testing.T) {
	random := rand.New(rand.NewPCG(13, 6))
	for range 500 {
		var text []byte
		for i := range 1 + random.IntN(30) {
			part := objects[random.IntN(len(objects))]
			if random.IntN(40) == 0 {
				part = badLines[random.IntN(len(badLines))]
			}
			text = append(text, "[, "[min(i, 1)])
			text = append(text, strings.Repeat("\n", random.IntN(3))+part...)
		}
		text = append(text, "]]} ,"[:random.IntN(5)]...)
		want := read(t, bytes.NewReader(text), Options{Format: JSON, PieceSize: 2*len(text) + 1}, true)
		checkCuts(t, random, text, Options{Format: JSON}, want)

		batch := text[:random.IntN(len(text))]
		if len(batch) > 0 {
			want = read(t, bytes.NewReader(batch), Options{Format: Packed, PieceSize: 2*len(batch) + 1}, true)
			checkCuts(t, random, batch, Options{Format: Packed}, want)
		}
	}
}
