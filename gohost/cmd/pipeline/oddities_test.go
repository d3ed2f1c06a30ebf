package main

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/stretchr/testify/require"
)

// Files as people have them are read, or the error says what to try. Each has the points 1.5 and 2.5, one hour apart.
func TestOddFilesAreRead(t *testing.T) {
	const bom = "\ufeff"
	for title, c := range map[string]struct{ text, flags string }{
		"Excel's line":            {"sep=;\r\ntime;value\r\n2024-02-03T04:00Z;1.5\r\n2024-02-03T05:00Z;2.5\r\n", ""},
		"Excel's line after BOM":  {bom + "sep=,\ntime,value\n2024-02-03T04:00Z,1.5\n2024-02-03T05:00Z,2.5\n", ""},
		"a separator by name":     {"SEP=^\ntime^value\n2024-02-03T04:00Z^1.5\n2024-02-03T05:00Z^2.5\n", ""},
		"bars":                    {"time|value\n2024-02-03T04:00Z|1.5\n2024-02-03T05:00Z|2.5\n", ""},
		"BOM and quotes":          {bom + "\"time\",\"value\"\n\"2024-02-03T04:00Z\",\"1.5\"\n\"2024-02-03T05:00Z\",\"2.5\"\n", ""},
		"appended with its BOM":   {bom + "time,value\n2024-02-03T04:00Z,1.5\n" + bom + "time,value\n2024-02-03T05:00Z,2.5\n", ""},
		"mixed ends of lines":     {"time,value\r\n2024-02-03T04:00Z,1.5\n\r\n2024-02-03T05:00Z,2.5", ""},
		"another encoding":        {"time,value,Stra\xdfe\n2024-02-03T04:00Z,1.5,\xfc\n2024-02-03T05:00Z,2.5,\xe4\n", ""},
		"an empty last column":    {"time,value,\n2024-02-03T04:00Z,1.5,\n2024-02-03T05:00Z,2.5,\n", ""},
		"midnight as 24:00":       {"time,value\n2024-02-03 23:00,1.5\n2024-02-03 24:00,2.5\n", "--assume-utc"},
		"texts for no value":      {"time,value\n2024-02-03T04:00Z,1.5\n1,n/a\n1,#N/A\n1,\\N\n1,<NA>\nNaT,1\n2024-02-03T05:00Z,2.5\n", "--missing skip"},
		"errors of a spreadsheet": {"time,value\n2024-02-03T04:00Z,1.5\n1,#DIV/0!\n2024-02-03T05:00Z,2.5\n", "--missing skip --missing-text #DIV/0!"},
		"a footer":                {"time,value\n2024-02-03T04:00Z,1.5\n2024-02-03T05:00Z,2.5\nTotal,4\n", "--bad skip:1"},
		"units below the names":   {"time,value\nUTC,degC\n2024-02-03T04:00Z,1.5\n2024-02-03T05:00Z,2.5\n", "--bad skip:1"},
		"weeks":                   {"time,value\n2024-W05-6 04,1.5\n2024-W05-6 05,2.5\n", "--assume-utc --time-format=%G-W%V-%u\u00a0%H"},
		"a log's times":           {"time,value\n[03/Feb/2024:04:00:00 +0000],1.5\n[03/Feb/2024:05:00:00 +0000],2.5\n", "--time-format=[%d/%b/%Y:%H:%M:%S\u00a0%z]"},
		"exponents":               {"time,value\n1.7069328e9,15e-1\n1.7069364E+09,+2.5E+00\n", ""},
		"white space":             {"time,value\n 2024-02-03T04:00Z ,\t1.5\n2024-02-03T05:00Z\u00a0,\u20092.5\n", ""},
		"JSON with BOM":           {bom + `[{"time":"2024-02-03T04:00Z","value":1.5},{"time":"2024-02-03T05:00Z","value":2.5}]`, ""},
		"JSON lines with BOM":     {bom + "{\"time\":\"2024-02-03T04:00Z\",\"value\":1.5}\r\n\r\n{\"time\":\"2024-02-03T05:00Z\",\"value\":2.5}", ""},
		"JSON deep and wide":      {`[{"x":` + strings.Repeat("[", 1e5) + strings.Repeat("]", 1e5) + `,"time":"2024-02-03T04:00Z","value":1.5},{"y":"\ud83d","time":"2024-02-03T05:00Z","value":2.5}]`, ""},
		"line protocol":           {"# comment\nwea\\ ther,st\\,a=\\=\\  te\\ mp=1.5 1706932800000000000\r\n\nwea\\ ther te\\ mp=2.5,s=\"a, \\\"b\\\" =\" 1706936400000000000", ""},
	} {
		t.Run(title, func(t *testing.T) {
			args := []string{"run", "-", "--window=all", "--output=csv", "--stat=count,sum,first,last"}
			for _, flag := range strings.Fields(strings.ReplaceAll(c.flags, "\u00a0", "\x00")) {
				args = append(args, strings.ReplaceAll(flag, "\x00", " "))
			}
			res := pipeline(t, c.text, args...)
			require.Equal(t, 0, res.status, res.err)
			_, row, _ := strings.Cut(res.out, "\n")
			if strings.Contains(title, "24:00") {
				require.Contains(t, row, ",2,4,2024-02-03T23:00:00Z,2024-02-04T00:00:00Z\n")
				return
			}
			require.Contains(t, row, ",2,4,2024-02-03T04:00:00Z,2024-02-03T05:00:00Z\n")
		})
	}
}

func TestOddFilesThatAreNotReadSayWhatToTry(t *testing.T) {
	wide := func(text string) string { // UTF-16 without a mark of the order of its bytes
		var b strings.Builder
		for _, c := range utf16.Encode([]rune(text)) {
			b.WriteByte(byte(c))
			b.WriteByte(byte(c >> 8))
		}
		return b.String()
	}
	const good = "time,value\n2024-02-03T04:00Z,1.5\n"
	for title, c := range map[string]struct{ text, want string }{
		"UTF-16":                {"\xff\xfe" + wide(good), "the text is UTF-16; expected UTF-8: convert it, such as with iconv -f UTF-16 -t UTF-8"},
		"UTF-16 without a mark": {wide(strings.Repeat(good, 16)), "the text is UTF-16LE; expected UTF-8: convert it, such as with iconv -f UTF-16LE"},
		"UTF-16, high first":    {"\x00" + wide(good)[:2*len(good)-1], "the text is UTF-16BE"},
		"UTF-32":                {"\xff\xfe\x00\x00t\x00\x00\x00", "the text is UTF-32"},
		"lines of old Macs":     {"time,value\r2024-02-03T04:00Z,1.5\r", `the lines end with \r alone; expected \n or \r\n: convert them, such as with tr '\r' '\n'`},
		"records of RFC 7464":   {"\x1e{\"time\":\"2024-02-03T04:00Z\",\"value\":1.5}\n", "the input looks like text, but has control characters, such as U+001E; remove them, or if it has packed points, name that with --format packed"},
		"a comment first":       {"# made by x\ntime,value\n", "is --comment '#' meant?"},
		"JSON with a comment":   {"// points\n[{\"timestamp\":1,\"value\":1.5}]\n", "the text begins with a comment, which JSON does not have"},
		"JSON with NaN":         {`[{"time":"2024-02-03T04:00Z","value":NaN}]`, "line 1, column 38 (byte offset 37): expected a value, found NaN; the words of JSON are null, true and false"},
		"JSON with Infinity":    {"{\"time\":\"2024-02-03T04:00Z\",\"value\":1}\n{\"time\":\"2024-02-03T04:00Z\",\"value\":-Infinity}", "expected a digit; JSON has no Infinity: write null"},
		"JSON without quotes":   {`[{time:"2024-02-03T04:00Z","value":1}]`, "key must be a string"},
		"a quote in a cell":     {"time,value,note\n1,2,a \"b\" c\n", `line 2, column 7: a quote (") in a cell without quotes; expected the cell in quotes, and "" for each quote within it`},
		"escaped by backslash":  {"time,value,note\n1,2,\"a \\\"b\\\"\"\n", `line 2, column 9: expected a separator or the end of the line after a quote ("), or the quote is not closed; "" is a quote within quotes`},
		"a word":                {"time,value\n1,2\n2,M\n", "expected a finite number, found \"M\"; if it stands for no value: --missing skip --missing-text 'M'"},
		"a spreadsheet's error": {"time,value\n1,2\n2,#DIV/0!\n", "--missing skip --missing-text '#DIV/0!'"},
		"German numbers":        {"time;value\n1;1.234,5\n", "is --decimal ',' with --thousands '.' meant?"},
		"thin spaces":           {"time;value\n1;1\u2009234\n", "is --thousands ' ' meant?"},
		"minus of typesetters":  {"time;value\n1;\u22125\n", "its minus is the character U+2212, replace it by '-'"},
		"infinity":              {"time,value\n1,inf\n", `expected a finite number, found "inf"` + "\n"},
		"a leap second":         {"time,value\n2016-12-31T23:59:60Z,1\n", "is a leap second, which timestamps do not count"},
		"days and months":       {"time,value\n23.2.2024,1\n", "give its format, such as --time-format '%d.%m.%Y'"},
		"the name of a zone":    {"time,value\n2024-02-03 04:05:06 CET,1\n", "CET is the zone of several places: give the format as --time-format '%Y-%m-%d %H:%M:%S CET', and the place with --tz"},
		"milliseconds in lines": {"m v=1 1706933106000\n", "the timestamp 1706933106000 looks like milliseconds, and those of the line protocol are nanoseconds; name the unit with --unit"},
		"rows that are ragged":  {"time,value,note\n1,2,x\n3,4\n", "line 3, column 1: expected 3 cells as in the first row, found 2"},
		"a NUL in a cell":       {"time,value\n1,2\x00\n", `expected a finite number, found "2\x00"`},
	} {
		t.Run(title, func(t *testing.T) {
			res := pipeline(t, c.text, "run", "-", "--window=all")
			require.Equal(t, 1, res.status, res.out)
			require.Contains(t, res.err, c.want)
			require.Empty(t, res.out)
		})
	}
}

// Numbers that are dates would be points of 1970.
func TestNumbersThatMayBeDatesAreNoted(t *testing.T) {
	for text, want := range map[string]string{
		"20240203":       "if it is a date, give --time-format %Y%m%d",
		"202402030405":   "if it is a date and time, give --time-format %Y%m%d%H%M",
		"20240203040506": "if it is a date and time, give --time-format %Y%m%d%H%M%S",
		"202402":         "if it is a month, give --time-format %Y%m",
		"2024":           "if it is a year, give --time-format %Y",
		"45325.17":       "if it is a day as spreadsheets count them, write it as a date",
	} {
		res := pipeline(t, "time,value\n"+text+",1\n", "run", "-")
		require.Equal(t, 0, res.status, res.err)
		require.Contains(t, res.err, want)
		if _, format, ok := strings.Cut(want, "give "); ok {
			res = pipeline(t, "time,value\n"+text+",1\n", append([]string{"run", "-", "--assume-utc", "--output=csv"}, strings.Fields(format)...)...)
			require.Equal(t, 0, res.status, res.err)
			require.Contains(t, res.out, "\n2024-")
		}
	}
	for _, text := range []string{"1", "20241303", "1706933106", "2024\n3"} {
		require.Empty(t, pipeline(t, "time,value\n"+strings.ReplaceAll(text, "\n", ",1\n")+",1\n", "run", "-").err, text)
	}
}

// Rows of several series are not mixed without a word, in any format of text.
func TestKeysAreNoted(t *testing.T) {
	const note = "note: key station: the %s has 2 different texts in the first 4 %s, which are taken for one series; --group-by station keeps them apart\n"
	for want, text := range map[string]string{
		"column rows":   "time,station,value\n1,a,1\n2,b,2\n3,a,3\n4,b,4\n",
		"field records": `[{"timestamp":1,"station":"a","value":1},{"timestamp":2,"station":"b","value":2},{"timestamp":3,"station":"a","value":3},{"timestamp":4,"station":"b","value":4}]`,
		"field  records": `{"time":1,"station":"a","value":1,"note":"one"}
{"time":2,"station":"b","value":2,"note":"two"}
{"time":3,"station":"a","value":3,"note":"three"}
{"value":4,"time":4,"station":"b","note":"four"}
`,
		"tag lines": "m,station=a v=1 1706933106000000000\nm,station=b v=1 1706933106000000000\n# x\nm,station=a v=1 1706933106000000000\nm,station=b v=1 1706933106000000000\n",
	} {
		words := strings.Fields(want)
		res := pipeline(t, text, "run", "-")
		require.Equal(t, 0, res.status, res.err)
		require.Equal(t, fmt.Sprintf(note, words[0], words[1]), res.err)
		require.NotContains(t, pipeline(t, text, "run", "-", "--group-by", "station").err, "note")
	}
}

// A key without bound, such as a time, gives the input again.
func TestKeysOfSingleRecordsAreNoted(t *testing.T) {
	var text strings.Builder
	text.WriteString("time,id,pair,value\n")
	for i := range 1200 {
		fmt.Fprintf(&text, "%d,%d,%d,1\n", i, i, i/2)
	}
	const note = "note: nearly each record has a value of id of its own; is it a time, or the number of a record?\n"
	require.Contains(t, pipeline(t, text.String(), "run", "-", "--group-by", "id", "--value-column", "value").err, note)
	require.Contains(t, pipeline(t, text.String(), "run", "-", "--group-by", "id", "--value-column", "value", "--value-column", "pair").err, note)
	require.NotContains(t, pipeline(t, text.String(), "run", "-", "--group-by", "pair", "--value-column", "value").err, "note")
}
