package serve_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

const detectPath = "/v1/detectors/anomaly/detect"

type found struct {
	First, Last uint64
	Kind        string
	Score       float64
}

type detection struct {
	State    string
	Findings []found
	Open     *found
}

// series returns hourly points in JSON, with a season of a day and spikes.
func series(n int, spikes ...int) []byte { return cut(n, 0, n, spikes...) }

// cut returns a part of a series.
func cut(n, from, to int, spikes ...int) []byte {
	list := make([]map[string]any, n)
	for i := range list {
		hour := i % 24
		list[i] = map[string]any{"timestamp": 3600 * i, "value": float64(hour*(24-hour)) + float64(i*7919%31)/4}
	}
	for _, i := range spikes {
		list[i]["value"] = 500
	}
	text, err := json.Marshal(list[from:to])
	if err != nil {
		panic(err)
	}
	return text
}

func TestDetect(t *testing.T) {
	t.Parallel()
	s := start(t)
	ask := func(body []byte, state string) detection {
		a := s.do("POST", detectPath, body, header("Content-Type", jsonType), header("Pipeline-State", state))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var d detection
		require.NoError(t, json.Unmarshal(a.body, &d))
		return d
	}
	whole := ask(series(400, 300, 399), "")
	require.Len(t, whole.Findings, 1)
	assert.Equal(t, "spike", whole.Findings[0].Kind)
	assert.Equal(t, uint64(3600*300), whole.Findings[0].First)
	require.NotNil(t, whole.Open, "the series ends in one")
	assert.Equal(t, uint64(3600*399), whole.Open.First)

	// The same in requests that pass on the state.
	var state string
	var findings []found
	var last detection
	for from := 0; from < 400; from += 130 {
		last = ask(cut(400, from, min(from+130, 400), 300, 399), state)
		state, findings = last.State, append(findings, last.Findings...)
	}
	assert.Equal(t, whole, detection{State: state, Findings: findings, Open: last.Open})

	// More points than a call of the detector has.
	long := ask(series(30_000, 300, 20_000), "")
	require.Len(t, long.Findings, 2)
	a := s.do("POST", detectPath, nil, header("Content-Type", packedType))
	assert.Equal(t, http.StatusOK, a.status, "no packed points are a list too: %s", a.body)
	assert.Contains(t, string(a.body), `"findings":[]`)
}

func TestDetectRefuses(t *testing.T) {
	t.Parallel()
	s := start(t)
	valid := series(10)
	state := base64.StdEncoding.EncodeToString([]byte("not a state"))
	a := s.do("POST", detectPath, valid, header("Content-Type", jsonType), header("Pipeline-State", state))
	assert.Equal(t, http.StatusBadRequest, a.status)
	assert.Equal(t, "invalid-parameter", a.problem(t).Code)
	assert.Contains(t, a.problem(t).Detail, "the header Pipeline-State: it does not begin as the states of this version do")
	a = s.do("POST", detectPath, valid, header("Content-Type", jsonType), header("Pipeline-State", "?"))
	assert.Equal(t, "invalid-parameter", a.problem(t).Code)
	assert.Equal(t, "the header Pipeline-State: expected standard base64", a.problem(t).Detail)
	a = s.do("POST", detectPath, valid, header("Content-Type", jsonType), header("Pipeline-State", strings.Repeat("A", 9000)))
	assert.Equal(t, "invalid-parameter", a.problem(t).Code)
	assert.Less(t, len(a.problem(t).Detail), 500)
	twice := func(r *http.Request) { r.Header["Pipeline-State"] = []string{state, state} }
	a = s.do("POST", detectPath, valid, header("Content-Type", jsonType), twice)
	assert.Equal(t, "the header Pipeline-State is there twice", a.problem(t).Detail)
	a = s.do("POST", "/v1/detectors/engine/detect", valid, header("Content-Type", jsonType))
	assert.Equal(t, http.StatusNotFound, a.status)
	a = s.do("POST", detectPath, []byte(`[{"timestamp":1}]`), header("Content-Type", jsonType))
	assert.Equal(t, "invalid-points", a.problem(t).Code, "%s", a.body)
	a = s.do("POST", detectPath, valid, header("Content-Type", "text/plain"))
	assert.Equal(t, http.StatusUnsupportedMediaType, a.status)
}

// A tenant needs the right to call what has the detector's name.
func TestDetectNeedsARight(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, `{"tenants": [
		{"name": "user", "keys": ["KEY(a-user's-key)"], "plugins": ["anomaly"]},
		{"name": "other", "keys": ["KEY(another's-key)"], "plugins": ["engine"]}]}`))
	packed := gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: 1, Value: 2})
	for k, status := range map[string]int{userKey: http.StatusOK, otherKey: http.StatusForbidden, "nobody's": http.StatusUnauthorized} {
		a := s.do("POST", detectPath, packed, key(k), header("Content-Type", packedType))
		assert.Equal(t, status, a.status, "%s", a.body)
	}
}
