package vectors_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/wit"
)

// file returns a file with the cases and sets.
func file(cases string) []byte {
	return []byte(`{"format": 2, "sets": {"abc": {"$words": "a b c d e"}, "none": []}, "cases": [` + cases + `]}`)
}

// expanded returns the steps of one case as text.
func expanded(t *testing.T, rest string) string {
	t.Helper()
	f, err := vectors.Parse(file(`{"id": "x", "want": {"same": true}, ` + rest + `}`))
	require.NoError(t, err)
	var b strings.Builder
	for _, step := range f.Cases[0].Steps() {
		fmt.Fprintf(&b, "%s", step.Call)
		for _, arg := range step.Args {
			if ref, ok := arg.(*vectors.Ref); ok {
				fmt.Fprintf(&b, " <%d>", ref.Step)
				continue
			}
			text, err := json.Marshal(arg)
			require.NoError(t, err)
			fmt.Fprintf(&b, " %s", text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestMacros(t *testing.T) {
	for written, plain := range map[string]string{
		`{"a": [1, "x", null, true, 1e400]}`:                                         `{"a":[1,"x",null,true,1e400]}`,
		`{"$words": ""}`:                                                             `[]`,
		`{"$words": "a bc"}`:                                                         `["a","bc"]`,
		`{"$repeat": [1, 2], "times": 2}`:                                            `[1,2,1,2]`,
		`{"$repeat": [], "times": 4294967295}`:                                       `[]`,
		`{"$repeat": "", "times": 4294967295}`:                                       `""`,
		`{"$repeat": "ab", "times": 3}`:                                              `"ababab"`,
		`{"$repeat": "ab", "times": 0}`:                                              `""`,
		`{"hex": {"$repeat": "00", "times": 2}}`:                                     `{"hex":"0000"}`,
		`{"$concat": []}`:                                                            `[]`,
		`{"$concat": [[1], [], {"$repeat": [2], "times": 2}]}`:                       `[1,2,2]`,
		`{"$concat": ["a", {"$repeat": "b", "times": 2}, ""]}`:                       `"abb"`,
		`{"$count": {"first": "18446744073709551615", "step": "2", "times": 3}}`:     `["18446744073709551615","1","3"]`,
		`{"$count": {"first": "5", "step": "0", "times": 0}}`:                        `[]`,
		`{"$records": {"t": ["1", "2"], "v": {"$words": "a b"}}}`:                    `[{"t":"1","v":"a"},{"t":"2","v":"b"}]`,
		`{"$records": {"t": []}}`:                                                    `[]`,
		`{"$set": "abc"}`:                                                            `["a","b","c","d","e"]`,
		`{"$set": "abc", "from": 1, "to": 3}`:                                        `["b","c"]`,
		`{"$set": "abc", "stride": 3}`:                                               `["a","d","b","e","c"]`,
		`{"$set": "abc", "stride": 4294967295, "from": 4}`:                           `["a"]`,
		`{"$set": "none"}`:                                                           `[]`,
		`{"$set": "none", "stride": 7}`:                                              `[]`,
		`[{"$repeat": {"$repeat": {"$concat": ["x", "y"]}, "times": 2}, "times":1}]`: `["xyxy"]`,
	} {
		assert.Equal(t, "f "+plain+"\n", expanded(t, `"call": "f", "args": [`+written+`]`), written)
	}
}

func TestStepsBecomeMore(t *testing.T) {
	assert.Equal(t, "f [\"a\",\"b\"]\nf <0> [\"c\",\"d\"]\nf <1> [\"e\"]\ng <2> <2>\ng <3> <3>\nh <2> <4>\n", expanded(t, `"steps": [
		{"call": "f", "args": [{"$set": "abc", "to": 2}]},
		{"call": "f", "args": [{"$step": -1}, {"$each": {"$set": "abc", "from": 2}, "by": 2}]},
		{"call": "g", "args": [{"$step": -1}, {"$step": -1}], "times": 2},
		{"call": "h", "args": [{"$step": 1}, {"$step": 2}]}]`),
		"a number is the last step of that entry")
}

func TestSetsAreShared(t *testing.T) {
	_, err := vectors.Parse(
		[]byte(`{"format": 2, "cases": [{"id": "x", "call": "f", "args": [{"$set": "s"}], "want": {"value": {"$set": "s"}}}]}`))
	assert.ErrorContains(t, err, `vectors: case 1: "x": step 0: argument 0: $set: unknown set "s"`)
	f, err := vectors.Parse(
		[]byte(`{"format": 2, "world": "a:b/c", "functions": {"f": {"params": [{"list": "u8"}], "result": "u8"}}, "sets": {"s": [1]}}`),
		[]byte(`{"format": 2, "world": "a:b/c", "cases": [{"id": "x", "call": "f", "args": [{"$set": "s"}], "want": {"value": {"$set": "s"}}}]}`))
	require.NoError(t, err)
	assert.Equal(t, "a:b/c", f.World)
	assert.Equal(t, "u8", f.Functions["f"].Result)
	assert.Equal(t, []any{json.Number("1")}, f.Cases[0].Want().Value)
}

func TestParseRefuses(t *testing.T) {
	one := func(rest string) string { return `{"format": 2, "cases": [{"id": "x", ` + rest + `}]}` }
	arg := func(value string) string {
		return one(`"want": {"same": true}, "call": "f", "args": [` + value + `]`)
	}
	steps := func(list string) string { return one(`"want": {"same": true}, "steps": [` + list + `]`) }
	for text, message := range map[string]string{
		``:                             "EOF",
		`[]`:                           "[, expected {",
		`{}`:                           "no format",
		`{"format": 1}`:                "format 1, expected 2",
		`{"format": 2} {}`:             "text after the JSON value",
		`{"format": 2, "format": 2}`:   `"format" is there twice`,
		`{"format": 2, "case": []}`:    `unknown member "case"`,
		`{"format": 2, "cases": {}}`:   "{, expected [",
		`{"format": 2, "cases": [}`:    "invalid character",
		`{"format": 2, "cases": [1]}`:  "cannot unmarshal",
		`{"format": 2, "cases": [{}]}`: "no id",
		`{"format": 2, "sets": {"a": [], "a": []}}`:                                                  `two sets have the name "a"`,
		`{"format": 2, "sets": {"a": {"$set": "a"}}}`:                                                `unknown set "a"`,
		`{"format": 2, "sets": {"a": "text"}}`:                                                       "not a list",
		`{"format": 2, "functions": {"f": {}, "f": {}}}`:                                             `two functions have the name "f"`,
		`{"format": 2, "functions": {"f": 1}}`:                                                       `function "f"`,
		`{"format": 2, "functions": {}, "cases": [{"id": "x", "call": "f"}]}`:                        `unknown function "f"`,
		`{"format": 2, "functions": {"f": {"params": ["u8"]}}, "cases": [{"id": "x", "call": "f"}]}`: "0 args, f has 1",
		one(`"call": "f"`): "want: not an object with one member",
		one(`"call": "f", "want": {"value": 1, "same": true}`):      "not an object with one member",
		one(`"call": "f", "want": {"same": false}`):                 "same: not true",
		one(`"call": "f", "want": {"trap": 1}`):                     "trap: not a string",
		one(`"call": "f", "want": {"equal": 1}`):                    `unknown member "equal"`,
		one(`"call": "f", "wants": {"value": 1}`):                   "unknown field",
		one(`"want": {"same": true}`):                               "neither call nor steps",
		one(`"want": {"same": true}, "args": []`):                   "args without call",
		one(`"want": {"same": true}, "call": "f", "steps": []`):     "both call and steps",
		steps(`{"args": []}`):                                       "step 0: no call",
		steps(`{"call": "f", "times": 0}`):                          "0 times",
		steps(`{"call": "f", "times": 10001}`):                      "more than 10000 steps",
		steps(`{"call": "f", "args": [{"$step": -1}]}`):             "argument 0: no step -1 before this one",
		steps(`{"call": "f", "args": [{"$step": 0}]}`):              "argument 0: no step 0 before this one",
		steps(`{"call": "f", "args": [{"$step": -2}]}`):             "no step -2 before this one",
		steps(`{"call": "f", "args": [[{"$step": -1}]]}`):           "no macro \"$step\" may be here",
		arg(`{"$each": [], "by": 1}`):                               "$each: no elements",
		arg(`{"$each": [1], "by": 0}`):                              "not a whole number above 0",
		arg(`{"$each": [1], "by": 1}, {"$each": [1], "by": 1}`):     "one $each",
		arg(`{"$eahc": [1]}`):                                       `no macro "$eahc" may be here`,
		arg(`{"$repeat": [1]}`):                                     `"times" is not a whole number`,
		arg(`{"$repeat": [1], "times": -1}`):                        `"times" is not a whole number`,
		arg(`{"$repeat": [1], "times": 1.5}`):                       `"times" is not a whole number`,
		arg(`{"$repeat": 1, "times": 1}`):                           "neither a list nor a string",
		arg(`{"$repeat": [1], "times": 1, "from": 1}`):              `unknown member "from"`,
		arg(`{"$repeat": [1], "$words": "", "times": 1}`):           "$repeat and $words in one object",
		arg(`{"$concat": ["a", [1]]}`):                              "both lists and strings",
		arg(`{"$concat": [1]}`):                                     "neither a list nor a string",
		arg(`{"$count": {"first": 1, "step": "1", "times": 1}}`):    `"first" is not a u64`,
		arg(`{"$count": {"first": "1", "step": "-1", "times": 1}}`): `"step" is not a u64`,
		arg(`{"$records": {}}`):                                     "no fields",
		arg(`{"$records": {"$repeat": ["x"], "times": ["3"]}}`):     `the field "$repeat" begins with $`,
		arg(`{"$records": {"a": [1], "b": []}}`):                    "not of the same length",
		arg(`{"$set": "abc"}`):                                      `unknown set "abc"`,
		`{"format": 2, "sets": {"s": [1]}, "cases": [{"id": "x", "call": "f", "args": [{"$set": "s", "to": 2}]}]}`: "0..2 of the set \"s\", which has 1",
		arg(`{"$step": 0, "keep": "1"}`):       "keep: not a whole number",
		arg(`{"$step": 0, "xor": [[1]]}`):      "xor: not a pair",
		arg(`{"$step": 0, "xor": [[1, 256]]}`): "the mask 256 is not a byte",
		arg(`{"$step": 0, "append": "0"}`):     "append: not hexadecimal digits",
		arg(`{"$step": 0, "crc32": 1}`):        "crc32: neither true nor false",
		`{"format": 2, "cases": [{"id": "x", "call": "f", "want": {"same": true}}, {"id": "x", "call": "f", "want": {"same": true}}]}`: `two cases have the id "x"`,
	} {
		_, err := vectors.Parse([]byte(text))
		assert.ErrorContains(t, err, message, text)
	}
	_, err := vectors.Parse([]byte(`{"format": 2, "world": "a:b/c"}`), []byte(`{"format": 2, "world": "a:b/d"}`))
	assert.ErrorContains(t, err, `the worlds "a:b/c" and "a:b/d"`)
}

func TestRun(t *testing.T) {
	f, err := vectors.Parse(file(`{"id": "x", "want": {"value": {"ok": "f(0a) g(0a0bff)"}}, "steps": [
		{"call": "bytes"},
		{"call": "f", "args": [{"$step": 0, "keep": -1, "xor": [[-1, 1]]}]},
		{"call": "bytes"},
		{"call": "g", "args": [{"$step": 1}, {"$step": 0, "append": "ff"}]}]}`))
	require.NoError(t, err)
	c := f.Cases[0]
	call := func(function string, args []any) (any, error) {
		if function == "bytes" {
			return vectors.Hex([]byte{0x0a, 0x0b}), nil
		}
		var text []string
		for _, arg := range args {
			if data, err := vectors.Bytes(arg); err == nil {
				text = append(text, fmt.Sprintf("%s(%x)", function, data))
				continue
			}
			text = append(text, arg.(string))
		}
		return wit.OK[any, any](strings.Join(text, " ")), nil
	}
	result, err := c.Run(call)
	require.NoError(t, err)
	assert.Equal(t, map[string]any{"ok": "f(0b) g(0a0bff)"}, result.Value)
	assert.Equal(t, []any{"f(0b)", vectors.Hex([]byte{0x0a, 0x0b, 0xff})}, result.Given)
	assert.Equal(t, `got {"ok":"f(0b) g(0a0bff)"}; want {"ok":"f(0a) g(0a0bff)"}`, c.Want().Mismatch(result))

	calls := 0
	result, err = c.Run(func(function string, args []any) (any, error) {
		if calls++; calls == 2 {
			return wit.Failed[any, any]("no"), nil
		}
		return call(function, args)
	})
	require.NoError(t, err)
	assert.Equal(t, 2, calls, "an err ends the case")
	assert.Equal(t, vectors.Result{Value: map[string]any{"err": "no"}}, result)

	broken := errors.New("broken")
	_, err = c.Run(func(string, []any) (any, error) { return nil, broken })
	require.ErrorIs(t, err, broken)
	assert.EqualError(t, err, "step 0: broken")

	_, err = c.Run(func(string, []any) (any, error) { return vectors.Hex(nil), nil })
	assert.EqualError(t, err, "step 1: position -1 in a list of 0 bytes")
}

func TestRefChangesBytes(t *testing.T) {
	n := func(n int) *int { return &n }
	for name, c := range map[string]struct {
		ref  vectors.Ref
		want string
	}{
		"as it is":       {vectors.Ref{}, "map[hex:01020304ff]"},
		"first two":      {vectors.Ref{Keep: n(2)}, "map[hex:0102]"},
		"without two":    {vectors.Ref{Keep: n(-2)}, "map[hex:010203]"},
		"flipped":        {vectors.Ref{XOR: [][2]int{{0, 0x80}, {-1, 1}, {0, 0x80}}}, "map[hex:01020304fe]"},
		"longer":         {vectors.Ref{Append: []byte{7}}, "map[hex:01020304ff07]"},
		"sealed":         {vectors.Ref{Append: []byte{0, 0, 0}, Keep: n(2), CRC32: true}, "map[hex:01" + "1bdf05a5]"},
		"too far":        {vectors.Ref{Keep: n(6)}, "position 6 in a list of 5 bytes"},
		"too far back":   {vectors.Ref{Keep: n(-6)}, "position -6 in a list of 5 bytes"},
		"behind the end": {vectors.Ref{XOR: [][2]int{{5, 1}}}, "position 5 in a list of 5 bytes"},
		"no room":        {vectors.Ref{Keep: n(3), CRC32: true}, "no room for a CRC-32 in 3 bytes"},
	} {
		for _, value := range []any{
			vectors.Hex([]byte{1, 2, 3, 4, 255}),
			[]any{json.Number("1"), json.Number("2"), json.Number("3"), json.Number("4"), json.Number("255")},
		} {
			got, err := c.ref.Of(value)
			switch {
			case err != nil:
				assert.EqualError(t, err, c.want, name)
			case name != "as it is":
				assert.Equal(t, c.want, fmt.Sprint(got), name)
			default:
				assert.Equal(t, value, got)
			}
		}
		_, err := (&vectors.Ref{Keep: n(0)}).Of("text")
		assert.EqualError(t, err, "not a list<u8>")
	}
}

func TestMismatch(t *testing.T) {
	text := func(s string) *string { return &s }
	value := func(v any) vectors.Result { return vectors.Result{Value: v} }
	object := func(name string, v any) map[string]any { return map[string]any{name: v} }
	for name, c := range map[string]struct {
		want vectors.Want
		got  vectors.Result
		ok   bool
	}{
		"equal":               {vectors.Want{Kind: vectors.IsValue, Value: []any{"0", "1"}}, value([]any{"0", "1"}), true},
		"a bit":               {vectors.Want{Kind: vectors.IsValue, Value: []any{"0", "1"}}, value([]any{"0", "2"}), false},
		"an element too few":  {vectors.Want{Kind: vectors.IsValue, Value: []any{"0", "1"}}, value([]any{"0"}), false},
		"a field":             {vectors.Want{Kind: vectors.IsValue, Value: object("a", "1")}, value(object("b", "1")), false},
		"false for true":      {vectors.Want{Kind: vectors.IsValue, Value: true}, value(false), false},
		"a trap for nothing":  {vectors.Want{Kind: vectors.IsValue}, vectors.Result{Trap: text("")}, false},
		"equal message":       {vectors.Want{Kind: vectors.IsValue, Value: object("err", "E")}, value(object("err", "E")), true},
		"a letter":            {vectors.Want{Kind: vectors.IsValue, Value: object("err", "E")}, value(object("err", "e")), false},
		"some error":          {vectors.Want{Kind: vectors.Fails}, value(object("err", "because")), true},
		"error of a record":   {vectors.Want{Kind: vectors.Fails}, value(object("err", object("code", "1"))), true},
		"error without word":  {vectors.Want{Kind: vectors.Fails}, value(object("err", "")), false},
		"no error":            {vectors.Want{Kind: vectors.Fails}, value(object("ok", "because")), false},
		"a trap for an error": {vectors.Want{Kind: vectors.Fails}, vectors.Result{Trap: text("")}, false},
		"begins":              {vectors.Want{Kind: vectors.ErrBegins, Text: "Parse"}, value(object("err", "Parse failed")), true},
		"begins otherwise":    {vectors.Want{Kind: vectors.ErrBegins, Text: "Parse"}, value(object("err", "parse failed")), false},
		"ok begins":           {vectors.Want{Kind: vectors.ErrBegins, Text: "Parse"}, value(object("ok", "Parse failed")), false},
		"anything":            {vectors.Want{Kind: vectors.Same}, value(object("err", "")), true},
		"a trap for anything": {vectors.Want{Kind: vectors.Same}, vectors.Result{Trap: text("")}, false},
		"a trap unseen":       {vectors.Want{Kind: vectors.Traps, Text: "of 16"}, vectors.Result{Trap: text("")}, true},
		"a trap and message":  {vectors.Want{Kind: vectors.Traps, Text: "of 16"}, vectors.Result{Trap: text("not of 16.")}, true},
		"another message":     {vectors.Want{Kind: vectors.Traps, Text: "of 16"}, vectors.Result{Trap: text("out of memory")}, false},
		"no trap":             {vectors.Want{Kind: vectors.Traps, Text: "of 16"}, value("of 16"), false},
	} {
		wrong := c.want.Mismatch(c.got)
		assert.Equal(t, c.ok, wrong == "", "%s: %s", name, wrong)
	}
}

// A file without macros says the same.
func TestWriteExpanded(t *testing.T) {
	f, err := vectors.Parse([]byte(`{"format": 2, "world": "a:b/c",
		"functions": {"f": {"params": [{"list": "u8"}, "u8"], "result": null}},
		"sets": {"s": [1, 2, 3]}, "cases": [
		{"id": "one", "group": "g", "call": "f", "args": [{"$set": "s"}, 1], "want": {"value": {"$repeat": [1], "times": 2}}},
		{"id": "two", "want": {"trap": "<out of fuel>"}, "steps": [
			{"call": "f", "args": [{"hex": {"$repeat": "00", "times": 2}}, 2], "times": 2},
			{"call": "f", "args": [{"$step": -1, "keep": -1, "xor": [[0, 255]], "append": "ff", "crc32": true}, 3]}]},
		{"id": "three", "call": "f", "args": [{"$concat": []}, 1], "want": {"failure": true}}]}`))
	require.NoError(t, err)
	var b strings.Builder
	require.NoError(t, f.WriteExpanded(&b))
	assert.Equal(t, `{"format":2,"world":"a:b/c","functions":{"f":{"params":[{"list":"u8"},"u8"],"result":null}},"cases":[
{"id":"one","group":"g","call":"f","args":[[1,2,3],1],"want":{"value":[1,1]}},
{"id":"two","steps":[{"call":"f","args":[{"hex":"0000"},2]},{"call":"f","args":[{"hex":"0000"},2]},{"call":"f","args":[{"$step":1,"keep":-1,"xor":[[0,255]],"append":"ff","crc32":true},3]}],"want":{"trap":"\u003cout of fuel\u003e"}},
{"id":"three","call":"f","args":[[],1],"want":{"failure":true}}
]}
`, b.String())
	again, err := vectors.Parse([]byte(b.String()))
	require.NoError(t, err)
	for i, c := range f.Cases {
		assert.Equal(t, c.Steps(), again.Cases[i].Steps())
		assert.Equal(t, c.Want(), again.Cases[i].Want())
	}
	var want vectors.Want
	assert.ErrorContains(t, json.Unmarshal([]byte(`{"value": {"$set": "s"}}`), &want), `unknown set "s"`)
}
