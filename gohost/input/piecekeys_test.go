package input

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

// readKeys returns the keys and values of an input, and its fault.
func readKeys(t *testing.T, text string, opts Options) (got []string, err error) {
	t.Helper()
	opts.Validate = engine.AppendValidated
	reader, err := NewReader(strings.NewReader(text), opts)
	if err != nil {
		return nil, err
	}
	err = Each(t.Context(), reader, 2, func(context.Context, *Piece) (struct{}, error) { return struct{}{}, nil }, func(p *Piece, _ struct{}) error {
		for i, point := range p.Points {
			got = append(got, fmt.Sprintf("%s=%g", p.Key(i), point.Value))
		}
		return nil
	})
	return got, err
}

// The key of each point is the cell or the member with the name, wherever the input is cut.
func TestKeysOfPoints(t *testing.T) {
	csv := "time,a key,value\n1,x,1\n2,\"y, \"\"z\"\"\nend\",2\n3,,3\n\n4,\" \",4\n5, x ,5\n"
	lines := `{"timestamp":1,"value":1,"a key":"x"}
{"a key":"y, \"z\"\nend", "timestamp":2, "value":2}
{"o":{"a key":"no","x":["}",{"a key":1}]},"a key":"","timestamp":3,"value":3}
  { "a k\u0065y" : " " , "timestamp" : 4 , "value" : 4 }
{"timestamp":5,"value":5,"a key":" x "}
`
	for size := 1; size < 200; size += 7 {
		want := []string{"x=1", "y, \"z\"\nend=2", "=3", " =4", " x =5"}
		for _, text := range []string{csv, lines} {
			got, err := readKeys(t, text, Options{Keys: []string{"a key"}, PieceSize: size})
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
	got, err := readKeys(t, `{"timestamp":1,"value":1,"k":-1.50}`+"\n"+`{"k":true,"timestamp":1,"value":2}`+"\n"+`{"k":"\ud83d\ude00\ufffd\uFFFD","timestamp":1,"value":3}`, Options{Keys: []string{"k"}})
	require.NoError(t, err)
	require.Equal(t, []string{"-1.50=1", "true=2", "\U0001F600\uFFFD\uFFFD=3"}, got)
	got, err = readKeys(t, "t,v\n1,2\n", Options{})
	require.NoError(t, err)
	require.Equal(t, []string{"=2"}, got, "without a name there are no keys")
}

func TestKeysThatAreNone(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{`{"timestamp":1,"value":1}`, `line 2, column 1 (byte offset 35): missing member "k"`},
		{`{"timestamp":1,"value":1,"k":1,"\u006b":2}`, `duplicate member "k"`},
		{`{"timestamp":1,"value":1,"k":{}}`, `the member "k" is no string, number or literal`},
		{`{"timestamp":1,"value":1,"k":[]}`, `the member "k" is no string, number or literal`},
		{`[1,1]`, `expected an object with the member "k"`},
		{`{"timestamp":1,"value":1,"k":"\ud83d"}`, `the member "k" has half a surrogate pair`},
		{`{"timestamp":1,"value":1,"k":"a\uDC00b"}`, `the member "k" has half a surrogate pair`},
	} {
		got, err := readKeys(t, `{"timestamp":1,"value":1,"k":"ok"}`+"\n"+c.line+"\n"+`{"timestamp":1,"value":1,"k":"no"}`, Options{Keys: []string{"k"}})
		require.ErrorContains(t, err, c.want, c.line)
		require.ErrorContains(t, err, "line 2, column 1")
		require.Equal(t, []string{"ok=1"}, got, "the points before are there")
	}
	for _, c := range []struct{ text, want string }{
		{"\x01" + strings.Repeat("\x00", 15), "Options.Keys needs a format with names; the format is packed"},
		{"time,value\n1,2\n", `no column is named "k" (Options.Keys)`},
		{"1,2\n", `no column is named "k"`},
		{"k,value,x\n1,2,3\n", "no column is recognised as the time"},
	} {
		_, err := readKeys(t, c.text, Options{Keys: []string{"k"}})
		require.ErrorContains(t, err, c.want, c.text)
	}
}

// The member of an object is the one that encoding/json finds.
func FuzzMember(f *testing.F) {
	for _, line := range []string{`{"k":"v"}`, `{ "a" : [1,{"k":2}] , "\u006b" : "\"\\" }`, `{"k":-1e5,"k":2}`, `{"":null,"k":true}x`, `{"k":"\ud83d"}`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if !json.Valid([]byte(line)) || !utf8.ValidString(line) || !strings.HasPrefix(line, "{") {
			return
		}
		got, fault := member(nil, []byte(line), "k")
		if fault != "" {
			return
		}
		var all map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(line), &all))
		want := string(all["k"])
		if want[0] == '"' {
			require.NoError(t, json.Unmarshal(all["k"], &want))
		}
		require.Equal(t, want, string(got))
	})
}
