package input

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// documentPoints returns the points at a.b of a document, or reports false if not all is as usual there.
func documentPoints(text []byte) (points []gohost.Datapoint, ok bool) {
	var root any
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	if d.Decode(&root) != nil {
		return nil, false
	}
	outer, isObject := root.(map[string]any)
	if !isObject {
		return nil, false
	}
	inner, isObject := outer["a"].(map[string]any)
	if !isObject {
		return nil, false
	}
	records, isArray := inner["b"].([]any)
	if !isArray {
		return nil, false
	}
	for _, r := range records {
		record, isObject := r.(map[string]any)
		if !isObject {
			return nil, false
		}
		at, isNumber := record["t"].(json.Number)
		value, isNumberToo := record["v"].(json.Number)
		if !isNumber || !isNumberToo {
			return nil, false
		}
		timestamp, err := strconv.ParseUint(at.String(), 10, 63)
		v, errValue := strconv.ParseFloat(value.String(), 64)
		if err != nil || errValue != nil {
			return nil, false
		}
		points = append(points, gohost.Datapoint{Timestamp: timestamp, Value: v})
	}
	return points, len(points) > 0
}

func checkDocument(t testing.TB, text []byte, seed uint64) {
	t.Helper()
	opts := Options{Format: JSON, Records: "a.b", Time: "t", Values: []string{"v"}, PieceSize: 2*len(text) + 1}
	got := read(t, bytes.NewReader(text), opts, true)
	checkCuts(t, rand.New(rand.NewPCG(seed, 5)), text, opts, got)
	body := bytes.TrimPrefix(text, []byte(byteOrderMark))
	if !json.Valid(body) || !utf8.Valid(text) {
		require.NotEmpty(t, got.err, "%q", text)
		return
	}
	if hasTwice(body) || bytes.Contains(bytes.ToLower(body), []byte(`\ud`)) {
		return
	}
	if want, ok := documentPoints(body); ok {
		require.Empty(t, got.err, "%q", text)
		require.Equal(t, gohost.AppendPacked(nil, want...), gohost.AppendPacked(nil, got.points...), "%q", text)
	}
}

var someDocuments = []string{
	`{"a":{"b":[{"t":1,"v":2},{"v":-0.5e-3,"t":2}]}}`, ` { "x" : [ { } , [ ] , "]" , -1.5e3 , null , true , false ] , "a" : { "y" : { "b" : [ 1 ] } , "b" : [ { "t" : 7 , "v" : 8 } ] , "z" : "\"" } , "c" : "" } `,
	`{"a":[{"b":1}]}`, `{"a":{"b":{}}}`, `{"a":{"b":[]}}`, `{"b":[{"t":1,"v":1}]}`, `[{"a":1}]`, `{"a":{"b":[{"t":1,"v":1}],"b":1}}`, `{"a":1,"a":{"b":[{"t":1,"v":1}]}}`, `{"\u0061":{"\u0062":[{"t":1,"v":1}]}}`,
	`{"a":{"b":[{"t":1,"v":1}]}`, `{"a":{"b":[{"t":1,"v":1}]}}}`, `{"a":{"b":[{"t":1,"v":1},]}}`, `{"a":{"b":[{"t":1,"v":1}}}`, `{"a":{"b":[{"t":1,"v":1}]]}`, `{"a":{"b":[{"t":1,"v":1}],}}`, `{"a":{"b":[{"t":1,"v":1}] "c":1}}`,
	`{"c":01,"a":{"b":[{"t":1,"v":1}]}}`, `{"c":tru,"a":{"b":[{"t":1,"v":1}]}}`, `{"c":"` + "\n" + `","a":{"b":[{"t":1,"v":1}]}}`, byteOrderMark + `{"a":{"b":[{"t":1,"v":1}]}}`, `{"a":{"b":[{"t":1,"v":1}]},"d":12`, `{"a":{"b":[{"t":1,"v":1}]},"d":"x`,
	`{"a":{"b":[{"t":1,"v":1}]},"d":[[[[{"e":[{}]}]]]]}`, `{,}`, `{"a"}`, `{"a":}`, `"a"`, ``, `{"a":{"b":[{"t":1,"v":1}]},"d":` + "\"\xff\"}",
}

func TestDocumentsAreReadAsEncodingJSONDoes(t *testing.T) {
	for _, text := range someDocuments {
		for at := range len(text) + 1 {
			checkDocument(t, []byte(text[:at]), uint64(at))
		}
		for at := range text {
			c := ",:{}[]\"\\0x"[at%10]
			checkDocument(t, []byte(text[:at]+string(c)+text[at+1:]), uint64(at))
		}
	}
	checkDocument(t, []byte(`{"x":"`+strings.Repeat("long ", 5000)+`","y":`+strings.Repeat("9", 9000)+`,"a":{"b":[{"t":1,"v":1}]},"z":`+strings.Repeat("8", 9000)+`}`), 1)
}

func FuzzDocument(f *testing.F) {
	for i, text := range someDocuments {
		f.Add([]byte(text), uint64(i))
	}
	f.Fuzz(checkDocumentFuzz)
}

func checkDocumentFuzz(t *testing.T, text []byte, seed uint64) { checkDocument(t, text, seed) }
