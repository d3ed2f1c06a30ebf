package serve_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/grade"
)

// claiming returns the module with a claim.
func claiming(t *testing.T, wasm []byte, g grade.Grade) []byte {
	t.Helper()
	out, err := grade.Claim(wasm, g)
	require.NoError(t, err)
	return out
}

func TestGradesAreShown(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, map[string][]byte{
		"silent": module(t, "echo"), "exact": claiming(t, module(t, "echo"), grade.Exact),
	}))
	for name, want := range map[string]string{"silent": "stable", "exact": "exact", "engine": "exact"} {
		assert.Equal(t, want, s.status(name).Versions[0].Grade, name)
		assert.Contains(t, string(s.do("GET", "/v1/plugins", nil, key(userKey)).body), `"grade":"`+want+`"`)
	}
	page := string(s.do("GET", "/", nil, key(operatorKey)).body)
	assert.Equal(t, 1, strings.Count(page, "<td>stable</td>"))
	assert.Equal(t, 2, strings.Count(page, "<td>exact</td>"))
}

// A module with a grade that is too low stands on the page and in the API with the reason,
// and in the log once.
func TestARequiredGrade(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, map[string][]byte{
		"silent": module(t, "echo"), "exact": claiming(t, module(t, "echo"), grade.Exact),
	}), func(c *serve.Config) { c.RequireGrade = grade.Exact })
	const reason = `grade too low: it claims none, which means "stable"; required is "exact"`
	require.Len(t, s.status("silent").Failures, 1)
	assert.Contains(t, s.status("silent").Failures[0].Reason, reason)
	assert.Contains(t, string(s.do("GET", "/", nil, key(operatorKey)).body), "grade too low: it claims none")
	assert.Equal(t, 1, strings.Count(s.log.String(), "grade too low"), "%s", s.log)
	assert.Equal(t, "exact", s.status("exact").Versions[0].Grade)
	assert.NotEmpty(t, s.status("engine").Active)

	a := s.upload("exact", claiming(t, edition(module(t, "echo"), "2"), grade.Stable))
	assert.Equal(t, http.StatusUnprocessableEntity, a.status)
	assert.Equal(t, "grade-too-low", a.problem(t).Code)
	assert.Contains(t, s.status("exact").LoadError, `it claims "stable"; required is "exact"`)
	assert.Contains(t, string(s.do("GET", "/", nil, key(operatorKey)).body), "Last load failed")
}
