package input

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLineProtocol(t *testing.T) {
	const text = `# a comment
weather,station=a,place=New\ York temp=23.1,hum=4i,ok=t,note="a, b=\"c\" \\ d" 1262304000000000000

weather,place=x,station=b hum=-3i,temp=-2e-1 1262304001000000000
	cpu\,load,station=c\=d temp=5.,hum=7u,big=18446744073709551615u 1262304002000000000   ` + "\r\n"
	for _, c := range []struct {
		opts Options
		want []string
	}{
		{Options{Values: []string{"temp"}}, []string{"/0@2010-01-01T00:00:00=23.1", "/0@2010-01-01T00:00:01=-0.2", "/0@2010-01-01T00:00:02=5"}},
		{
			Options{Values: []string{"hum", "temp"}, Keys: []string{"station"}, Unit: AutoUnit, Early: true},
			[]string{"a/0@2010-01-01T00:00:00=4", "a/1@2010-01-01T00:00:00=23.1", "b/0@2010-01-01T00:00:01=-3", "b/1@2010-01-01T00:00:01=-0.2", "c=d/0@2010-01-01T00:00:02=7", "c=d/1@2010-01-01T00:00:02=5"},
		},
		{Options{Values: []string{"hum"}, Keys: []string{"_measurement"}}, []string{"weather/0@2010-01-01T00:00:00=4", "weather/0@2010-01-01T00:00:01=-3", "cpu,load/0@2010-01-01T00:00:02=7"}},
		{Options{Values: []string{"big"}, Missing: MissingSkip}, []string{"/0@2010-01-01T00:00:02=1.8446744073709552e+19"}},
		{Options{Values: []string{"temp"}, Format: LineProtocol}, []string{"/0@2010-01-01T00:00:00=23.1", "/0@2010-01-01T00:00:01=-0.2", "/0@2010-01-01T00:00:02=5"}},
	} {
		got, err := recordsOf(t, text, c.opts)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	got, err := recordsOf(t, "m f=1 1262304000\n", Options{Unit: Second})
	require.NoError(t, err)
	require.Equal(t, []string{"/0@2010-01-01T00:00:00=1"}, got)
	_, err = recordsOf(t, "m f=1 1262304000\n", Options{Unit: AutoUnit, Early: true})
	require.ErrorContains(t, err, "line 1, column 7 (byte offset 6): the timestamp: ")
	got, err = recordsOf(t, "m,place=New\\ York f=1 5\n", Options{Keys: []string{"place"}})
	require.NoError(t, err)
	require.Equal(t, []string{"New York/0@1970-01-01T00:00:00=1"}, got)
}

func TestFaultsOfLineProtocol(t *testing.T) {
	for line, want := range map[string]string{
		"m":                          "column 2 (byte offset 9): expected a space and the fields after the tags, found the end of the line",
		"m ":                         "expected a space and the fields after the tags, found the end of the line",
		",a=b f=1 1":                 "column 1 (byte offset 8): expected a measurement, found ','",
		"m, f=1 1":                   "column 3 (byte offset 10): expected the name of a tag, found ' '",
		"m,a f=1 1":                  "column 4 (byte offset 11): expected '=' after the name of a tag, found ' '",
		"m,a= f=1 1":                 "column 5 (byte offset 12): expected the value of the tag, found ' '",
		"m,a=b=c f=1 1":              "column 6 (byte offset 13): expected the value of the tag, found '='",
		"m f 1":                      "column 4 (byte offset 11): expected '=' after the name of a field, found ' '",
		"m f= 1":                     "column 5 (byte offset 12): expected the value of a field, found ' '",
		"m f=1, 1":                   "column 7 (byte offset 14): expected the name of a field, found ' '",
		`m f="x 1`:                   "column 5 (byte offset 12): the quote that begins here is not closed on this line",
		`m f="x"y 1`:                 "column 8 (byte offset 15): expected ',' or a space after a field, found 'y'",
		"m f=1.5i 1":                 `column 5 (byte offset 12): expected an integer before 'i', found "1.5"`,
		"m f=-1u 1":                  `column 5 (byte offset 12): expected an integer before 'u', found "-1"`,
		"m f=1 1.5":                  "column 8 (byte offset 15): expected a timestamp, which is an integer, found '.'",
		"m f=1 1 2":                  "column 8 (byte offset 15): expected a timestamp, which is an integer, found ' '",
		"m f=1":                      "column 6 (byte offset 13): the timestamp: expected a timestamp, found nothing",
		"m g=1 1":                    `column 1 (byte offset 8): field "f": expected a number, found nothing`,
		"m f=x 1":                    `column 5 (byte offset 12): field "f": expected a finite number, found "x"`,
		"m f=true 1":                 `column 5 (byte offset 12): field "f": expected a number, found`,
		`m f="x" 1`:                  `column 5 (byte offset 12): field "f": expected a`,
		"m f=NaN 1":                  `column 5 (byte offset 12): field "f": expected a finite number, found "NaN"`,
		"m f=1,f=2 1":                `column 7 (byte offset 14): "f" is there twice`,
		"m f=1 -1":                   `column 7 (byte offset 14): the timestamp: "-1" is before 1970`,
		"m,a=\xff f=1 1":             "column 5 (byte offset 12): expected UTF-8 text, found an invalid byte",
		"m f=1 99999999999999999999": "the timestamp: ",
	} {
		_, err := recordsOf(t, "m f=1 1\n"+line+"\nm f=1 1\n", Options{Values: []string{"f"}})
		require.ErrorContains(t, err, want, "%q", line)
		require.ErrorContains(t, err, "line 2, ", "%q", line)
	}
	_, err := recordsOf(t, "m a=1,b=2 1\n", Options{})
	require.ErrorContains(t, err, `the first line has several fields; choose the value with Options.Values, one of: "a", "b"`)
	_, err = recordsOf(t, "m a=1 1\n", Options{Time: "t"})
	require.ErrorContains(t, err, "Options.Time needs a format whose times have names; the format is influx")
	got, err := recordsOf(t, "m a=1 1\nm a 2\nm a=3 3\n", Options{Unit: Second, Bad: BadPolicy{Max: 1}})
	require.NoError(t, err)
	require.Len(t, got, 2)
}

// Other texts that look like it are what they were.
func TestLineProtocolIsRecognised(t *testing.T) {
	for text, want := range map[string]Format{
		"m f=1 1\n":           LineProtocol,
		"# DDL\nm,a=b f=1i\n": LineProtocol,
		"m f=1,g=\"x, y\" 1":  LineProtocol,
		"time,value\n1,2\n":   CSV,
		"a=b c=d,e\n1,2\n":    CSV, // d is no value
		"1;2\n":               CSV,
		"x y=1 z,w\n":         CSV,
		`{"a":"m f=1 1"}`:     NDJSON,
		"m f=1 1.5,x\n":       CSV,
	} {
		got, err := sniff([]byte(text), Options{Decimal: '.'})
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
}

// written returns a line of the protocol for parts, and the cells that it must have.
func written(random *rand.Rand) (line string, tags, fields map[string]string) {
	word := func() string {
		var b strings.Builder
		for range 1 + random.IntN(5) {
			b.WriteString([]string{"a", "B", " ", ",", "=", "é", `"`, "#", "0", "."}[random.IntN(10)])
		}
		return b.String()
	}
	escape := strings.NewReplacer(" ", `\ `, ",", `\,`, "=", `\=`).Replace
	tags, fields = map[string]string{}, map[string]string{}
	line = "m" + strings.NewReplacer(" ", `\ `, ",", `\,`).Replace(word())
	for range random.IntN(3) {
		if name := word(); tags[name] == "" {
			tags[name] = word()
			line += "," + escape(name) + "=" + escape(tags[name])
		}
	}
	mark := " "
	for range 1 + random.IntN(3) {
		name := word()
		if fields[name] != "" {
			continue
		}
		line += mark + escape(name) + "="
		mark = ","
		if random.IntN(2) == 0 {
			fields[name] = fmt.Sprintf("number %v", random.NormFloat64())
			line += strings.TrimPrefix(fields[name], "number ")
			continue
		}
		text := word()
		fields[name] = "text " + text
		line += `"` + strings.NewReplacer(`"`, `\"`, `\`, `\\`).Replace(text) + `"`
	}
	return line + " 123", tags, fields
}

func TestLinesAreReadAsTheyAreWritten(t *testing.T) {
	random := rand.New(rand.NewPCG(16, 3))
	for range 3000 {
		line, tags, fields := written(random)
		var s lineScanner
		require.Nil(t, s.line([]byte(line), 0), line)
		require.Equal(t, "number 123", describe(s.time), line)
		require.Len(t, s.tags, len(tags), line)
		for _, tag := range s.tags {
			require.Equal(t, tags[string(tag.name)], string(tag.value.text), line)
		}
		require.Len(t, s.fields, len(fields), line)
		for _, field := range s.fields {
			require.Equal(t, fields[string(field.name)], describe(field.value), line)
		}
	}
}

var someLines = []string{"m,k=a v=1 1", "m,k=b v=-2.5e3,w=1i 2", "m,k=c\\ d v=3i 1000000000\r", "# comment", "", "  m,k= v", "m,k=é v=4u 4", "m v=\"\\\"", "m,k=\xff v=1 1", "m,k=d v=5"}

// Points, positions, keys and faults do not depend on the pieces, and no text makes the reader panic.
func FuzzLineProtocol(f *testing.F) {
	for _, line := range someLines {
		f.Add([]byte(strings.Repeat(someLines[0]+"\n", 3)+line+"\n"+someLines[1]), uint64(1))
	}
	for i := range 20 {
		line, _, _ := written(rand.New(rand.NewPCG(16, uint64(i))))
		f.Add([]byte(line), uint64(i))
	}
	f.Fuzz(func(t *testing.T, text []byte, seed uint64) {
		opts := Options{Format: LineProtocol, Values: []string{"v"}, Keys: []string{"k"}, PieceSize: 2*len(text) + 1}
		want := read(t, bytes.NewReader(text), opts, true)
		checkCuts(t, rand.New(rand.NewPCG(seed, 5)), text, opts, want)
	})
}
