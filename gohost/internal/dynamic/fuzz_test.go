package dynamic

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// FuzzNotation reads any text as a function's type, and any JSON as values of it: what is
// accepted is written in the canonical form, which reads as the same value.
func FuzzNotation(f *testing.F) {
	f.Add("list<record { t: u64, v: f64 }>", `[{"t": "1", "v": 0.1}]`)
	f.Add("result<option<char>, variant { a(flags { x, y }), b }>", `{"err": {"a": ["y"]}}`)
	f.Add("tuple<list<u8>, list<s16, 2>, map<string, bool>>", `[{"hex": "00"}, [1, -2], [["k", true]]]`)
	f.Fuzz(func(t *testing.T, typ, text string) {
		function, err := ParseFunction("func() -> " + typ)
		if err != nil || function.Result == nil {
			return
		}
		decoder := json.NewDecoder(strings.NewReader(text))
		decoder.UseNumber()
		var v any
		if decoder.Decode(&v) != nil {
			return
		}
		value, err := function.Result.FromJSON(v)
		if err != nil {
			assert.Less(t, len(err.Error()), 10_000+len(typ)+len(text))
			return
		}
		written, err := json.Marshal(function.Result.ToJSON(value))
		require.NoError(t, err)
		again, err := function.Result.FromJSON(decoded(t, string(written)))
		require.NoError(t, err, "%s", written)
		assert.True(t, function.Result.Equal(value, again), "%s", written)
		assert.NotEmpty(t, function.Result.Text(value, 80))
		assert.GreaterOrEqual(t, function.Result.Size(value), 0)
	})
}
