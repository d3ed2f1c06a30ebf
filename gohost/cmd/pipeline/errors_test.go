package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestBadDataSaysWhereAndWhatWasExpected(t *testing.T) {
	const (
		good = `{"timestamp": 1, "value": 2}`
		name = "pipeline: standard input: "
	)
	for title, c := range map[string]struct{ in, flags, want string }{
		"nothing":                 {"", "", "the input is empty: expected at least one datapoint"},
		"only white space":        {" \n\t", "", "the input is empty: expected at least one datapoint"},
		"a page of white space":   {strings.Repeat(" \n", 5000), "", "the input is empty: expected at least one datapoint"},
		"only a byte order mark":  {"\xef\xbb\xbf", "", "the input is empty: expected at least one datapoint"},
		"empty array":             {" [ ] ", "", "the input is empty: expected at least one datapoint"},
		"empty NDJSON":            {"\n\n", "--format ndjson", "the input is empty: expected at least one datapoint"},
		"CSV without rows":        {"time,value\n", "", "the input is empty: expected at least one datapoint"},
		"empty gzip":              {string(gzipped(t, nil)), "", "the input is empty: expected at least one datapoint"},
		"unknown format":          {"hello", "", "line 1 (byte offset 0): the format is not recognised; expected a JSON array ('['), an object per line ('{'), CSV with a header, line protocol, or packed points of 16 bytes: name it with --format"},
		"UTF-16":                  {"\xff\xfe[\x00", "", "line 1 (byte offset 0): the text is UTF-16; expected UTF-8: convert it, such as with iconv -f UTF-16 -t UTF-8"},
		"UTF-16, format named":    {"\xfe\xff\x00[", "--format json", "line 1 (byte offset 0): the text is UTF-16; expected UTF-8: convert it, such as with iconv -f UTF-16 -t UTF-8"},
		"JSON: a missing field":   {"[\n " + good + ",\n {\"timestamp\": 1}]", "", "line 3, column 17 (byte offset 49): missing field `value`"},
		"JSON: a repeated field":  {`[{"timestamp":1,"value":2,"value":3}]`, "", "line 1, column 33 (byte offset 32): duplicate field `value`"},
		"JSON: a word":            {`[{"timestamp":1,"value":nope}]`, "", "line 1, column 26 (byte offset 25): expected ident"},
		"JSON: a string":          {`[{"timestamp":1,"value":"2"}]`, "", "line 1, column 27 (byte offset 26): invalid type: string \"2\", expected f64"},
		"JSON: too large":         {`[{"timestamp":1,"value":1e999}]`, "", "line 1, column 29 (byte offset 28): number out of range"},
		"JSON: trailing comma":    {"[" + good + ",]", "", "line 1, column 31 (byte offset 30): trailing comma"},
		"JSON: two commas":        {"[" + good + ",," + good + "]", "", "line 1, column 31 (byte offset 30): expected value"},
		"JSON: not closed":        {"[" + good, "", "line 1, column 29 (byte offset 28): EOF while parsing a list"},
		"JSON: cut in a string":   {`[{"timest`, "", "line 1, column 9 (byte offset 8): EOF while parsing a string"},
		"JSON: something behind":  {"[" + good + "]\n[]", "", "line 2, column 1 (byte offset 31): expected nothing after the array, found '['"},
		"JSON: an object":         {good, "--format json", "line 1, column 1 (byte offset 0): expected a JSON array, which begins with '[', found '{'"},
		"JSON: not UTF-8":         {"[" + good + ",\n{\"timestamp\": 3, \"\xff\": 1}]", "", "line 2, column 19 (byte offset 49): expected UTF-8 text, found an invalid byte"},
		"JSON: worse before that": {"[" + good + ",,\n{\"\xff\": 1}]", "", "line 1, column 31 (byte offset 30): expected value"},
		"NDJSON: a bad line":      {good + "\n\n" + good + "\n{\"timestamp\": 3, \"value\": x}\n" + good, "", "line 4, column 27 (byte offset 85): expected value"},
		"NDJSON: a broken line":   {good + "\n{\"timestamp\": 3,\n\"value\": 3}\n", "", "line 2, column 17 (byte offset 45): the line ends inside an object; expected a complete one on each line"},
		"NDJSON: two on a line":   {good + "\n" + good + ", " + good, "", "line 2, column 29 (byte offset 57): expected the end of the line after the object, found ','"},
		"NDJSON: a number":        {good + "\n 12\n", "", "line 2, column 2 (byte offset 30): expected an object such as {\"timestamp\": 1262304000, \"value\": 39.4} on each line, found '1'"},
		"no columns":              {good, "--time-column=t", "line 1, column 1 (byte offset 0): no field of the first record is named \"t\" (--time-column); expected one of: \"timestamp\", \"value\""},
		"an image":                {"\x89PNG\r\n\x1a\n\x00\x00\x00\r", "", "byte offset 0: this is a PNG image (if it is not, name the format with --format)"},
		"CSV: no time":            {"when,temp,x\n1,2,3\n", "", "line 1, column 1: no column is recognised as the time (timestamp, time, ts, datetime, date, epoch, unixtime, unix, t); name it with --time-column, one of: \"when\", \"temp\", \"x\""},
		"CSV: no value":           {"time,a,b\n1,2,3\n", "", "line 1, column 1: no column is recognised as the value (value, val, v, temperature, temp, reading, measurement, y); name it with --value-column, one of: \"time\", \"a\", \"b\""},
		"CSV: wrong name":         {"time,value\n1,2\n", "--value-column=temp", "line 1, column 1: no column is named \"temp\" (--value-column); expected one of: \"time\", \"value\""},
		"CSV: one for both":       {"time,value\n1,2\n", "--value-column=time", "line 1, column 1: column \"time\" cannot be both the time and the value; --time-column and --value-column must differ"},
		"CSV: no header":          {"1,2,3\n4,5,6\n", "", "line 1, column 1: the first row is data and has 3 cells; expected a header with the names of the columns, or exactly two cells: timestamp and value"},
		"CSV: a word":             {"time,value\n1,2\n2,no\n", "", "line 3, column 3: column \"value\": expected a finite number, found \"no\"; if it stands for no value: --missing skip --missing-text 'no'"},
		"CSV: an empty cell":      {"time,value\n1,\n", "", "line 2, column 3: column \"value\": expected a number, found an empty cell; --missing skip leaves it out"},
		"CSV: NaN":                {"time,value\n1,NaN\n", "", "line 2, column 3: column \"value\": expected a number, found \"NaN\"; --missing skip leaves it out"},
		"CSV: too large":          {"time,value\n1,+1e999\n", "", "line 2, column 3: column \"value\": the number \"+1e999\" is beyond the range of a double"},
		"CSV: too large for JSON": {"time,value\n1,1\n2,1e999\n", "", "line 3, column 3: column \"value\": the number \"1e999\" is beyond the range of a double"},
		"CSV: no time zone":       {"time,value\n2010-01-01T00:00:00,1\n", "", "line 2, column 1: column \"time\": \"2010-01-01T00:00:00\" has no time zone; expected an offset such as Z or +01:00, or --tz or --assume-utc"},
		"CSV: not a time":         {"time,value\nyesterday,1\n", "", "line 2, column 1: column \"time\": expected an integer or a time such as 2010-01-31T12:00:00Z, found \"yesterday\""},
		"CSV: before the year 1":  {"time,value\n-62135596801,1\n", "--unit=s", "line 2, column 1: column \"time\": \"-62135596801\" is too early for a timestamp in seconds"},
		"CSV: before 1678 in ns":  {"time,value\n1677-01-01,1\n", "--unit=ns", "line 2, column 1: column \"time\": \"1677-01-01\" is too early for a timestamp in nanoseconds"},
		"units differ":            {good + "\n" + `{"timestamp": 1262304000000, "value": 1}`, "", "line 2, column 1 (byte offset 29): the timestamp 1262304000000 looks like milliseconds, and those of the first records like seconds; name the unit with --unit"},
		"CSV: a fraction":         {"time,value\n2010-01-01T00:00:00.5Z,1\n", "--unit=s", "line 2, column 1: column \"time\": \"2010-01-01T00:00:00.5Z\" has a fraction of a second that seconds cannot hold; use a finer --unit"},
		"CSV: beyond u64":         {"time,value\n2010-01-01T00:00:00Z,1\n18446744073709551616,1\n", "--unit=s", "line 3, column 1: column \"time\": \"18446744073709551616\" is too far from 1970, or has a fraction, for a timestamp in seconds"},
		"CSV: beyond u64 in ns":   {"time,value\n9999-01-01T00:00:00Z,1\n", "--unit=ns", "line 2, column 1: column \"time\": \"9999-01-01T00:00:00Z\" is too late for a timestamp in nanoseconds"},
		"CSV: cells missing":      {"time,value\n1,2\n3\n", "", "line 3, column 1: expected 2 cells as in the first row, found 1"},
		"CSV: a quote":            {"time,value\n1,\"2\n", "", "line 2, column 6: expected a separator or the end of the line after a quote (\"), or the quote is not closed; \"\" is a quote within quotes"},
		"packed: cut short":       {strings.Repeat("\x00", 37), "--format=packed", "byte offset 32: the input ends in the middle of a point; expected 16 bytes, found 5"},
		"packed: less than one":   {"\x01", "--format=packed", "byte offset 0: the input ends in the middle of a point; expected 16 bytes, found 1"},
		"year 10000":              {"[" + good + ",\n" + `{"timestamp": 253402300800, "value": 1}]`, "--unit=s", "line 2, column 1 (byte offset 31): timestamp 253402300800 in seconds is after the year 9999 (is --unit ms meant?)"},
		"year 10000, NDJSON":      {good + "\n" + `{"timestamp": 18446744073709551615, "value": 1}`, "--unit=s", "line 2, column 1 (byte offset 29): timestamp 18446744073709551615 in seconds is after the year 9999 (is --unit ns meant?)"},
		"year 10000, CSV":         {"t,v\n1,1\n253402300800,1\n", "--unit=s", "line 3, column 1: column \"t\": timestamp 253402300800 in seconds is after the year 9999 (is --unit ms meant?)"},
		"year 10000, packed":      {strings.Repeat("\x00", 16) + strings.Repeat("\xff", 8) + strings.Repeat("\x00", 8), "--unit=s --format=packed", "byte offset 16: timestamp 18446744073709551615 in seconds is after the year 9999 (is --unit ns meant?)"},
		"gzip: cut short":         {string(gzipped(t, []byte("["+good+"]"))[:30]), "", "byte offset 30: the gzip data ends too early; is the file complete?"},
		"gzip: damaged":           {"\x1f\x8b\x08\xff" + strings.Repeat("\xee", 60), "", "byte offset 64: the gzip data ends too early; is the file complete?"},
		"zstd: cut short":         {string(zstandard(t, []byte("["+good+"]"))[:20]), "", "byte offset 20: the zstd data ends too early; is the file complete?"},
		"gzip that is not":        {"[1]", "--compression=gzip", "byte offset 3: the gzip data ends too early; is the file complete?"},
	} {
		t.Run(title, func(t *testing.T) {
			args := append([]string{"run", "-"}, strings.Fields(c.flags)...)
			require.Equal(t, outcome{status: 1, err: name + c.want + "\n"}, pipeline(t, c.in, args...))
		})
	}
}

func TestBadDataNamesTheFile(t *testing.T) {
	path := tempFile(t, "bad.json", []byte("[1]"))
	res := pipeline(t, "", "run", path)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "pipeline: "+path+": line 1, column 2 (byte offset 1): invalid type: integer `1`, expected struct Datapoint")
}

func TestBadUseIsStatus2(t *testing.T) {
	dir := t.TempDir()
	const data = "testdata/points.json"
	for title, c := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":      {[]string{"run", data, "--nope"}, "unknown flag --nope"},
		"unknown command":   {[]string{"walk"}, `unexpected argument walk`},
		"no file":           {[]string{"run"}, `expected "<file>"`},
		"two files":         {[]string{"run", data, data}, "testdata/points.json is named twice, by testdata/points.json and by testdata/points.json, and would count twice"},
		"unknown window":    {[]string{"run", data, "-w", "2H"}, `--window: "2H" is no window; expected a number with ns, us, ms, s, m, h, d, w, mo, q or y`},
		"unknown format":    {[]string{"run", data, "--format", "xml"}, `--format must be one of`},
		"unknown output":    {[]string{"run", data, "-o", "xml"}, `--output must be one of`},
		"unknown unit":      {[]string{"run", data, "--unit", "h"}, `--unit must be one of`},
		"a missing file":    {[]string{"run", filepath.Join(dir, "none.json")}, "none.json: no such file or directory"},
		"a directory":       {[]string{"run", dir}, "the directory " + dir + " has no files"},
		"too parallel":      {[]string{"run", data, "--parallel", "17"}, "--parallel 17: expected 1 to 16"},
		"plot as JPEG":      {[]string{"run", data, "--plot", "x.jpg"}, `--plot: "x.jpg" does not end in .svg, .png or .html`},
		"plot in no place":  {[]string{"run", data, "--plot", filepath.Join(dir, "none", "x.svg")}, "none: no such file or directory"},
		"plot in a file":    {[]string{"run", data, "--plot", data + "/x.svg"}, "is not a directory"},
		"title of no plot":  {[]string{"run", data, "--title", "x"}, "--title and --value-label need --plot"},
		"too much memory":   {[]string{"run", data, "--memory", "5000"}, "--memory 5000: expected 1 to 4096 MiB"},
		"a missing module":  {[]string{"run", data, "--module", filepath.Join(dir, "none.wasm")}, "--module: " + filepath.Join(dir, "none.wasm") + ": no such file or directory"},
		"an empty plugin":   {[]string{"detect", data, "--plugin", ""}, "--plugin is empty; expected a name"},
		"an empty group":    {[]string{"run", data, "--group-by="}, "--group-by is empty; expected a name"},
		"a cache in a file": {[]string{"run", data, "--cache-dir", data}, `--cache-dir "testdata/points.json": `},
		"detect's cache":    {[]string{"detect", data, "--cache-dir", data}, `--cache-dir "testdata/points.json": `},
		"detect of nobody":  {[]string{"detect", "none.json"}, "pipeline: none.json: no such file or directory\n"},
		"an endless module": {[]string{"run", data, "--module", "/dev/zero"}, "--module: /dev/zero is Dc---------: not a regular file"},
		"an endless plugin": {[]string{"detect", data, "--plugin", "/dev/zero"}, "--plugin: /dev/zero is Dc---------: not a regular file"},
		"inspect of zeros":  {[]string{"inspect", "/dev/zero"}, "not a regular file"},
		"claim of zeros":    {[]string{"claim", "exact", "/dev/zero"}, "not a regular file"},
		"inspect of nobody": {[]string{"inspect", filepath.Join(dir, "none.wasm")}, "none.wasm: no such file or directory"},
	} {
		t.Run(title, func(t *testing.T) {
			res := pipeline(t, "", c.args...)
			require.Equal(t, 2, res.status)
			require.Empty(t, res.out)
			require.Contains(t, res.err, c.want)
			require.True(t, strings.HasPrefix(res.err, "pipeline: "), res.err)
		})
	}
	require.Empty(t, files(t, dir))
}

func TestALongElementLineOrRowIsRefused(t *testing.T) {
	long := strings.Repeat("x", 17<<20)
	for format, text := range map[string]string{
		"json":   `[{"timestamp": 1, "value": 2}, {"note": "` + long + `"}]`,
		"ndjson": "{\"timestamp\": 1, \"value\": 2}\n{\"note\": \"" + long + `"}`,
		"csv":    "time,value,note\n1,2,x\n3,4,\"" + strings.ReplaceAll(long, "xxxx", "xxx\n"),
	} {
		res := pipeline(t, text, "run", "-", "--format", format)
		require.Equal(t, 1, res.status, format)
		require.Contains(t, res.err, "longer than 16 MiB, the max")
		require.Regexp(t, map[string]string{"json": "byte offset 29", "ndjson": "line 2, column 1", "csv": "byte offset 22:"}[format], res.err)
	}
}

func TestALongElementBelowTheLimitIsRead(t *testing.T) {
	note := strings.Repeat("x", 15<<20)
	res := pipeline(t, `[{"timestamp": 1, "value": 2, "note": "`+note+`"}, {"timestamp": 2, "value": 4}]`, "run", "-", "-o", "csv")
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, ",2,3,1,1,2,4,6,")
}

func TestAFailingReadIsReportedAsItIs(t *testing.T) {
	var out, errs bytes.Buffer
	in := io.MultiReader(bytes.NewReader(gzipped(t, readFile(t, "testdata/points.json"))[:100]), failingReader{})
	status := execute(context.Background(), []string{"run", "-"}, streams{in: in, out: &out, err: &errs})
	require.Equal(t, 1, status)
	require.Equal(t, "pipeline: standard input: the disk is on fire\n", errs.String())
	require.Empty(t, out.String())
}

type failingReader struct{}

func (failingReader) Read([]byte) (int, error) { return 0, errors.New("the disk is on fire") }

func TestAFailingWriteIsAnError(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	var errs bytes.Buffer
	status := execute(context.Background(), []string{"run", "testdata/points.json"}, streams{in: os.Stdin, out: full, err: &errs})
	require.Equal(t, 1, status)
	require.Contains(t, errs.String(), "writing the result: write /dev/full: no space left on device")
}
