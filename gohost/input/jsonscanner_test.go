package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// wantedPaths are those of FuzzRecord.
var wantedPaths = []string{"t", "a.b", "a", "a.c.0", `x\.y`, "list.2.v", "t"}

// scanned returns the cells of a record that is all of a text but space.
func scanned(t testing.TB, paths []string, text []byte) ([]cell, *recordFault) {
	t.Helper()
	tree, err := newJSONTree(paths)
	require.NoError(t, err)
	s := newJSONScanner(tree)
	var first []cell
	for range 2 { // what a record leaves does not change the next one
		begin := len(text) - len(bytes.TrimLeft(text, " \t\r\n"))
		at, fault := s.record(text, begin)
		if fault == nil && len(bytes.TrimLeft(text[at:], " \t\r\n")) > 0 {
			fault = &recordFault{at, "more"}
		}
		if fault != nil {
			return nil, fault
		}
		got := append([]cell(nil), s.cells...)
		if first != nil {
			require.Equal(t, first, got)
		}
		first = got
	}
	return first, nil
}

// decoded returns what encoding/json makes of a record: the texts of the cells. Ok is false if parsers may differ:
// a field is there twice, or a string has half a surrogate pair.
func decoded(text []byte, paths []string) (cells []string, valid, ok bool) {
	if !json.Valid(text) {
		return nil, false, true
	}
	if hasTwice(text) || bytes.Contains(bytes.ToLower(text), []byte(`\ud`)) {
		return nil, true, false
	}
	var root any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if err := d.Decode(&root); err != nil {
		return nil, true, false
	}
	if _, isObject := root.(map[string]any); !isObject {
		return nil, false, true
	}
	for _, path := range paths {
		names, _ := parsePath(path)
		cells = append(cells, lookUp(root, names))
	}
	return cells, true, true
}

func lookUp(v any, names []string) string {
	for _, name := range names {
		switch in := v.(type) {
		case map[string]any:
			found, ok := in[name]
			if !ok {
				return "absent"
			}
			v = found
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i < 0 || i >= len(in) || strconv.Itoa(i) != name {
				return "absent"
			}
			v = in[i]
		default:
			return "absent"
		}
	}
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "text " + v
	case json.Number:
		return "number " + v.String()
	case bool:
		return "bool " + strconv.FormatBool(v)
	}
	return "other"
}

// hasTwice reports whether an object of a valid text has a name twice.
func hasTwice(text []byte) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	type level struct {
		names map[string]bool
		key   bool
	}
	var levels []level
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return false
		}
		if err != nil {
			return true
		}
		top := len(levels) - 1
		if delim, ok := token.(json.Delim); ok && (delim == '}' || delim == ']') {
			levels = levels[:top]
			continue
		}
		if top >= 0 && levels[top].names != nil {
			if levels[top].key = !levels[top].key; levels[top].key {
				name := token.(string)
				if levels[top].names[name] {
					return true
				}
				levels[top].names[name] = true
				continue
			}
		}
		switch token {
		case json.Delim('{'):
			levels = append(levels, level{names: map[string]bool{}})
		case json.Delim('['):
			levels = append(levels, level{})
		}
	}
}

func describe(c cell) string {
	switch c.kind {
	case cellText:
		return "text " + string(c.text)
	case cellNumber:
		return "number " + string(c.text)
	case cellNull:
		return "null"
	case cellBool:
		return "bool " + string(c.text)
	case cellOther:
		return "other"
	}
	return "absent"
}

func checkRecord(t testing.TB, text []byte) {
	t.Helper()
	if !utf8.Valid(text) {
		return // checked before records are read
	}
	want, valid, ok := decoded(text, wantedPaths)
	got, fault := scanned(t, wantedPaths, text)
	if !ok {
		return
	}
	if !valid {
		require.NotNil(t, fault, "%q", text)
		require.LessOrEqual(t, fault.at, len(text))
		return
	}
	require.Nil(t, fault, "%q", text)
	for i, c := range got {
		require.Equal(t, want[i], describe(c), "%s of %q", wantedPaths[i], text)
	}
}

var recordSeeds = []string{
	`{"t":1,"a":{"b":2.5e-3,"c":["x"]},"x.y":null,"list":[1,[2],{"v":"w"}]}`, ` { "t" : -0 , "a" : "text" } `, `{}`, `{"a":{}}`, `{"a":[]}`,
	`{"t":"\u00e9\n\"\\\/","a":{"b":true,"c":[false]}}`, `{"\u0074":5}`, `{"t":1,"t":2}`, `{"o":1,"o":2,"t":3}`, `{"t":01}`, `{"t":1.}`, `{"t":.5}`, `{"t":-}`, `{"t":1e}`,
	`{"t":+1}`, `{"t":NaN}`, `{"t":Infinity}`, `{"t":nul}`, `{"t":1,}`, `{,}`, `{"t"}`, `{"t":}`, `{"t":1 "a":2}`, `{"t":1}}`, `{"t":[1,2}`, `{"t":{"x":1]}`, `{"z":[[[[[[{"k":[{}]}]]]]]]}`,
	`{"z":[1,2,]}`, `{"z":{"a":1,}}`, `{"z":{1:2}}`, `{"z":["\x"]}`, `{"z":"\u12g4"}`, `{"t":"a` + "\n" + `b"}`, `{"t":"a` + "\x00" + `b"}`, `{'t':1}`, `{t:1}`, `[1,2]`, `1`, ``, `{"t":1} x`,
	`{"t":"\ud83d\ude00"}`, `{"t":"\ud83d"}`, `{"\udc00":1}`, `{"list":[0,1,{"v":7}],"list":1}`, `{"a":1,"a":{"b":2}}`, `{"t": 123456789012345678901234567890, "a": {"b": 1E400}}`,
	`{"z":` + strings.Repeat("[", 200) + strings.Repeat("]", 200) + `,"t":9}`, `{"z":` + strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100) + `,"t":9}`,
	`{"z":` + strings.Repeat(`[{"a":`, 100) + "1" + strings.Repeat("}]", 99) + `]},"t":9}`, "{\"t\":1\u00a0}", "{\"t\":1\v}", `{"t":1/**/}`, `{"":1,"t":2}`, `{"a":{"b":1,"b":2}}`, `{"t":true,"a":falsey}`,
}

func TestRecordsAreReadAsEncodingJSONDoes(t *testing.T) {
	for _, text := range recordSeeds {
		checkRecord(t, []byte(text))
		for at := range text { // and what is left of it, or is damaged
			checkRecord(t, []byte(text[:at]))
			for _, c := range "\",:{}[]\\0e-. x" {
				checkRecord(t, []byte(text[:at]+string(c)+text[at+1:]))
			}
		}
	}
}

func FuzzRecord(f *testing.F) {
	for _, text := range recordSeeds {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) { checkRecord(t, text) })
}

// What other parsers may read as another record is a fault.
func TestRecordsThatParsersReadDifferently(t *testing.T) {
	for text, want := range map[string]recordFault{
		`{"t":1,"t":2}`:              {7, "duplicate field `t`"},
		`{"a":{"b":1},"a":3}`:        {13, "duplicate field `a`"},
		`{"a":{"b":1,"\u0062":3}}`:   {12, "duplicate field `a.b`"},
		`{"t":"\ud83d"}`:             {5, "the string has half a surrogate pair"},
		`{"x":{"\udc00":1}}`:         {6, "the string has half a surrogate pair"},
		`[1,2]`:                      {0, "expected an object with named fields (arrays of arrays have none), found '['"},
		`{"t":1`:                     {6, "expected ',' or '}' after a field, but the record ends"},
		`{"t":"a`:                    {7, "expected the end of a string ('\"'), but the record ends"},
		`{"t":1;"a":2}`:              {6, "expected ',' or '}' after a field, found ';'"},
		`{"t":01}`:                   {6, "a number begins with 0; expected no digit after it"},
		`{"t":NaN}`:                  {5, "expected a value, found NaN; the words of JSON are null, true and false"},
		`{"x":["` + "\t" + `"]}`:     {7, "a control character (U+0009) in a string; expected an escape"},
		`{"x":[1,2,"\u00zz"]}`:       {15, `expected four hexadecimal digits after \u, found 'z'`},
		`{"x":{"y":[{"z":1}]},,}`:    {21, "expected the name of a field, in quotes, found ','"},
		`{"x":{"y":[{"z":1]}]},"t"}`: {17, "expected ',' or '}' after a field, found ']'"},
	} {
		_, fault := scanned(t, wantedPaths, []byte(text))
		require.NotNil(t, fault, text)
		require.Equal(t, want, *fault, text)
	}
	require.Equal(t, "text 😀", describe(func() cell { c, _ := scanned(t, []string{"t"}, []byte(`{"t":"\ud83d\ude00"}`)); return c[0] }()))
}

func TestPaths(t *testing.T) {
	for path, want := range map[string][]string{"a": {"a"}, "a.b.0": {"a", "b", "0"}, `a\.b.c`: {"a.b", "c"}, `a\\.b`: {`a\`, "b"}, "größe (m)": {"größe (m)"}} {
		got, err := parsePath(path)
		require.NoError(t, err, path)
		require.Equal(t, want, got, path)
	}
	for path, want := range map[string]string{"": "empty name", ".a": "empty name", "a..b": "empty name", "a.": "empty name", `a\b`: "backslash", `a\`: "backslash"} {
		_, err := parsePath(path)
		require.ErrorContains(t, err, want, path)
	}
	for _, name := range []string{"a.b", `a\`, `\.`, "plain"} {
		got, err := parsePath(quotePath(name))
		require.NoError(t, err)
		require.Equal(t, []string{name}, got)
	}
}

func BenchmarkRecord(b *testing.B) {
	for name, c := range map[string]struct {
		text  string
		paths []string
	}{
		"usual":  {`{"timestamp":1262304000,"value":39.4}`, []string{"timestamp", "value"}},
		"wide":   {`{"id":"4b2a9c","station":"KSEA","time":"2010-01-01T00:00:00Z","temp":39.4,"humidity":81,"wind":{"speed":4.1,"dir":"NW"},"ok":true,"note":"no rain today"}`, []string{"time", "temp", "station"}},
		"nested": {`{"meta":{"host":"web-01","zone":"a"},"data":{"ts":1262304000,"cpu":{"user":12.5,"sys":3.25}}}`, []string{"data.ts", "data.cpu.user", "meta.host"}},
	} {
		b.Run(name, func(b *testing.B) {
			tree, err := newJSONTree(c.paths)
			require.NoError(b, err)
			s := newJSONScanner(tree)
			text := []byte(c.text)
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, fault := s.record(text, 0); fault != nil {
					b.Fatal(fault.message)
				}
			}
		})
	}
}
