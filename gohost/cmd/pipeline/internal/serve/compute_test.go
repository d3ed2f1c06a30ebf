package serve_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
)

// bodies writes points in every media type.
func bodies(t *testing.T, list []gohost.Datapoint) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	for _, mediaType := range points.Types {
		var b strings.Builder
		require.NoError(t, points.Write(&b, mediaType, points.List(list)))
		all[mediaType] = []byte(b.String())
	}
	return all
}

// somePoints are random, finite and of all magnitudes.
func somePoints(n int) []gohost.Datapoint {
	random := rand.New(rand.NewPCG(7, uint64(n)))
	list := make([]gohost.Datapoint, n)
	for i := range list {
		value := math.Float64frombits(random.Uint64())
		for math.IsNaN(value) || math.IsInf(value, 0) {
			value = math.Float64frombits(random.Uint64())
		}
		list[i] = gohost.Datapoint{Timestamp: random.Uint64(), Value: value}
	}
	return list
}

type aggregate struct{ Mean, Variance, Sum points.Float }

func bits(f points.Float) uint64 { return math.Float64bits(float64(f)) }

func TestAggregateHasTheEnginesBits(t *testing.T) {
	t.Parallel()
	s := start(t)
	eng, err := gohost.New(t.Context(), gohost.WithCacheDir(cacheDir))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(context.WithoutCancel(t.Context()))) })
	for _, n := range []int{1, 2, 1000, 30000} {
		list := somePoints(n)
		want, err := eng.ComputeAggregate(t.Context(), list)
		require.NoError(t, err)
		for mediaType, body := range bodies(t, list) {
			a := s.post("engine", "aggregate", mediaType, body)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			require.Equal(t, jsonType, a.header.Get("Content-Type"))
			var got aggregate
			require.NoError(t, json.Unmarshal(a.body, &got))
			assert.Equal(t, math.Float64bits(want.Mean), bits(got.Mean), "%s, %d points", mediaType, n)
			assert.Equal(t, math.Float64bits(want.Variance), bits(got.Variance), "%s, %d points", mediaType, n)
			assert.Equal(t, math.Float64bits(want.Sum), bits(got.Sum), "%s, %d points", mediaType, n)
		}
	}
}

func TestWhatJSONHasNoNumberForIsAString(t *testing.T) {
	t.Parallel()
	s := start(t)
	of := func(values ...float64) string {
		var list []gohost.Datapoint
		for _, v := range values {
			list = append(list, gohost.Datapoint{Value: v})
		}
		return string(s.post("engine", "aggregate", packedType, gohost.AppendPacked(nil, list...)).body)
	}
	assert.JSONEq(t, `{"mean":"NaN","variance":"NaN","sum":"NaN"}`, of(math.NaN()))
	assert.JSONEq(t, `{"mean":"-Infinity","variance":"NaN","sum":"-Infinity"}`, of(1, math.Inf(-1)))
	assert.JSONEq(t, `{"mean":1.7e308,"variance":0,"sum":"Infinity"}`, of(1.7e308, 1.7e308))
	assert.JSONEq(t, `{"mean":0,"variance":0,"sum":0}`, of(), "no packed points are a list too")
}

func TestListsAnswerInEveryMediaType(t *testing.T) {
	t.Parallel()
	s := start(t)
	given := []gohost.Datapoint{{Timestamp: 5, Value: 1}, {Timestamp: math.MaxUint64, Value: math.Copysign(0, -1)}, {Timestamp: 5, Value: 5e-324}}
	processed := []gohost.Datapoint{given[2], given[1]}
	for mediaType, body := range bodies(t, given) {
		for answerType, want := range bodies(t, processed) {
			a := s.post("engine", "process-batch", mediaType, body, header("Accept", answerType))
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			assert.Equal(t, answerType, a.header.Get("Content-Type"))
			assert.Equal(t, string(want), string(a.body), "%s to %s", mediaType, answerType)
		}
	}
	for _, mediaType := range []string{jsonType, ndjsonType} {
		for answerType, want := range bodies(t, given) {
			a := s.post("engine", "validate", mediaType, bodies(t, given)[mediaType], header("Accept", answerType))
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
			assert.Equal(t, string(want), string(a.body), "%s to %s", mediaType, answerType)
		}
	}
	a := s.post("engine", "process-batch", jsonType+"; charset=utf-8", []byte(`[[1,2.5]]`))
	assert.JSONEq(t, `[{"timestamp":1,"value":2.5}]`, string(a.body), "without Accept the answer is JSON")
	a = s.post("engine", "process-batch", jsonType, []byte(`[[1,2.5]]`), header("Accept", "text/html, application/*;q=0.5, "+jsonType+";q=0.1"))
	assert.Equal(t, ndjsonType, a.header.Get("Content-Type"), "what is liked best")
}

func TestChecksum(t *testing.T) {
	t.Parallel()
	s := start(t)
	data := []byte("\x00\xffany bytes")
	right := crc32.ChecksumIEEE(data)
	for _, expected := range []string{fmt.Sprint(right), fmt.Sprintf("0x%x", right), fmt.Sprintf("0x%X", right)} {
		a := s.do("POST", "/v1/plugins/engine/checksum?expected="+expected, data)
		assert.JSONEq(t, `{"valid":true}`, string(a.body))
	}
	a := s.do("POST", fmt.Sprintf("/v1/plugins/engine/checksum?expected=%d", right^1), data, contentType("text/plain"))
	assert.JSONEq(t, `{"valid":false}`, string(a.body))
	for _, bad := range []string{"", "?expected=", "?expected=4294967296", "?expected=-1", "?expected=0x123456789", "?expected=1&other=2"} {
		a := s.do("POST", "/v1/plugins/engine/checksum"+bad, data)
		assert.Equal(t, http.StatusBadRequest, a.status, bad)
		assert.Equal(t, "invalid-parameter", a.problem(t).Code, bad)
	}
}

func TestPiecesFoldAndMergeToTheStateOfAll(t *testing.T) {
	t.Parallel()
	s := start(t)
	list := somePoints(999)
	state := func(a answer) string {
		t.Helper()
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var out struct{ State string }
		require.NoError(t, json.Unmarshal(a.body, &out))
		return out.State
	}
	fold := func(before string, mediaType string, list []gohost.Datapoint) string {
		t.Helper()
		return state(s.post("engine", "fold", mediaType, bodies(t, list)[mediaType], header("Pipeline-State", before)))
	}
	all := fold("", packedType, list)
	inTurn := fold(fold("", jsonType, list[:10]), ndjsonType, list[10:])
	assert.Equal(t, all, inTurn)
	a, b := fold("", packedType, list[:700]), fold("", jsonType, list[700:])
	merged := state(s.post("engine", "merge", jsonType, fmt.Appendf(nil, `{"a":%q,"b":%q}`, a, b)))
	assert.Equal(t, all, merged)
	assert.Equal(t, "", state(s.post("engine", "fold", packedType, nil)), "the state of no points")

	var agg aggregate
	require.NoError(t, json.Unmarshal(s.post("engine", "aggregate", packedType, bodies(t, list)[packedType]).body, &agg))
	var stat struct {
		Count               uint64
		Mean, Variance, Sum points.Float
		Min, Max            points.Float
		First, Last         uint64
	}
	require.NoError(t, json.Unmarshal(s.post("engine", "finish", jsonType, fmt.Appendf(nil, `{"state":%q}`, merged)).body, &stat))
	assert.Equal(t, agg, aggregate{stat.Mean, stat.Variance, stat.Sum})
	assert.EqualValues(t, len(list), stat.Count)
	assert.Greater(t, stat.Last, stat.First)
	assert.Greater(t, stat.Max, stat.Min)
}

func TestStatesThatAreNone(t *testing.T) {
	t.Parallel()
	s := start(t)
	bad := base64.StdEncoding.EncodeToString([]byte("no state"))
	for name, a := range map[string]answer{
		"fold":   s.post("engine", "fold", jsonType, []byte(`[[1,2]]`), header("Pipeline-State", bad)),
		"merge":  s.post("engine", "merge", jsonType, fmt.Appendf(nil, `{"a":%q,"b":""}`, bad)),
		"finish": s.post("engine", "finish", jsonType, fmt.Appendf(nil, `{"state":%q}`, bad)),
	} {
		assert.Equal(t, http.StatusUnprocessableEntity, a.status, name)
		assert.Equal(t, "refused-by-guest", a.problem(t).Code, name)
		assert.Contains(t, a.problem(t).Detail, "Invalid ", name)
	}
	for body, offset := range map[string]int64{
		``: 0, `{`: 1, `{"state":1}`: 10, `{"state":"!"}`: 13, `{"states":""}`: 13, `{"state":""} 1`: 14, `[]`: 0, `null`: 0, ` null `: 0,
	} {
		p := s.post("engine", "finish", jsonType, []byte(body)).problem(t)
		assert.Equal(t, "invalid-body", p.Code, body)
		if assert.NotNil(t, p.Where, body) {
			assert.Equal(t, offset, p.Where.Offset, "%s: %s", body, p.Detail)
		}
	}
	for body, detail := range map[string]string{
		`[]`:           "expected an object, found an array",
		`null`:         "expected an object, found null",
		`{"state":{}}`: `the member "state" cannot be an object`,
		`{"state":1}`:  `the member "state" cannot be a number`,
	} {
		assert.Equal(t, detail, s.post("engine", "finish", jsonType, []byte(body)).problem(t).Detail)
	}
	a := s.post("engine", "fold", jsonType, []byte(`[[1,2]]`), header("Pipeline-State", "*"))
	assert.Equal(t, "invalid-parameter", a.problem(t).Code)
}

func TestBadPointsSayWhere(t *testing.T) {
	t.Parallel()
	s := start(t)
	long := strings.Repeat(" ", 300<<10)
	for _, test := range []struct {
		mediaType, body      string
		line, column, offset int64
		detail               string
	}{
		{jsonType, "[{\"timestamp\":1,\"value\":2},\n{\"timestamp\":-1,\"value\":2}]", 2, 15, 42, "invalid value: integer `-1`"},
		{jsonType, `{"timestamp":1}`, 1, 1, 0, "expected a JSON array"},
		{jsonType, long + `[[1,x]]`, 1, 300<<10 + 5, 300<<10 + 4, "expected value"},
		{jsonType, `[[1,2]`, 1, 6, 5, "EOF while parsing a list"},
		{jsonType, "[[1,\xff]]", 1, 5, 4, "UTF-8"},
		{ndjsonType, "{\"timestamp\":1,\"value\":2}\n[1]\n", 2, 3, 28, "invalid length 1"},
		{ndjsonType, "[1,2]\n[3,4],", 2, 6, 11, "expected the end of the line"},
		{packedType, strings.Repeat("x", 33), 0, 0, 32, "in the middle of a point"},
	} {
		a := s.post("engine", "aggregate", test.mediaType, []byte(test.body))
		p := a.problem(t)
		assert.Equal(t, http.StatusBadRequest, a.status)
		assert.Equal(t, "invalid-points", p.Code)
		assert.Contains(t, p.Detail, test.detail)
		if assert.NotNil(t, p.Where, p.Detail) {
			assert.Equal(t, []int64{test.line, test.column, test.offset}, []int64{p.Where.Line, p.Where.Column, p.Where.Offset}, p.Detail)
		}
	}
	for _, mediaType := range []string{jsonType, ndjsonType} {
		for _, body := range []string{"", " \n"} {
			p := s.post("engine", "aggregate", mediaType, []byte(body)).problem(t)
			assert.Equal(t, "invalid-points", p.Code)
			assert.Contains(t, p.Detail, "no points")
		}
	}
	p := s.post("engine", "validate", jsonType, []byte(`[]`)).problem(t)
	assert.Contains(t, p.Detail, "no points")
	p = s.post("engine", "process-batch", packedType, make([]byte, 17)).problem(t)
	assert.Equal(t, "invalid-input", p.Code)
}

func TestMediaTypesThatAreNotKnown(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, mediaType := range []string{"", "text/csv", "application/json; charset=latin1", "application/json;;", "*/*"} {
		a := s.post("engine", "aggregate", mediaType, []byte(`[[1,2]]`))
		assert.Equal(t, http.StatusUnsupportedMediaType, a.status, mediaType)
		assert.Contains(t, a.problem(t).Detail, packedType, "it says what is expected")
	}
	assert.Equal(t, http.StatusUnsupportedMediaType, s.post("engine", "validate", packedType, batch(0)).status, "packed points have no text to validate")
	assert.Equal(t, http.StatusUnsupportedMediaType, s.post("engine", "merge", ndjsonType, []byte(`{}`)).status)
	a := s.post("engine", "validate", jsonType, []byte(`[[1,2]]`), header("Accept", "text/html"))
	assert.Equal(t, http.StatusNotAcceptable, a.status)
	assert.Equal(t, "not-acceptable", a.problem(t).Code)
}

func TestRoutesThatAreNone(t *testing.T) {
	t.Parallel()
	s := start(t)
	for path, code := range map[string]string{
		"/nothing": "no-route", "/v1/plugins/engine/nothing": "no-route", "/v1/plugins/nobody/aggregate": "not-found",
		"/v1/plugins/-/aggregate": "invalid-parameter", "/v2": "no-route",
	} {
		a := s.do("POST", path, []byte(`[[1,2]]`), contentType(jsonType))
		assert.Equal(t, code, a.problem(t).Code, path)
	}
	a := s.do("GET", "/v1/plugins/engine/aggregate", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, a.status)
	assert.Equal(t, "POST", a.header.Get("Allow"))
	a = s.do("POST", "/healthz", nil)
	assert.Equal(t, http.StatusMethodNotAllowed, a.status)
	assert.Equal(t, "GET, HEAD", a.header.Get("Allow"))
}
