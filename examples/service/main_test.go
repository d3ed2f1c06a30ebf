package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestService(t *testing.T) {
	eng, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(t.Context())) }()
	server := httptest.NewServer(handler(eng))
	defer server.Close()
	for _, test := range []struct {
		body   string
		status int
		answer string
	}{
		{`[{"timestamp":1,"value":0.1},{"timestamp":2,"value":0.2}]`, http.StatusOK, "mean 0.15000000000000002\nvariance 0.0025000000000000005\nsum 0.30000000000000004\n"},
		{`[{"timestamp":1,"value":1.7e308},{"timestamp":2,"value":1.7e308}]`, http.StatusOK, "mean 1.7e+308\nvariance 0\nsum +Inf\n"},
		{`[{"timestamp":1}]`, http.StatusBadRequest, "Parse failed: missing field `value` at line 1 column 16\n"},
		{strings.Repeat(" ", 1<<20+1), http.StatusServiceUnavailable, "http: request body too large\n"},
	} {
		response, err := http.Post(server.URL, "application/json", strings.NewReader(test.body))
		require.NoError(t, err)
		answer, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, test.status, response.StatusCode)
		assert.Equal(t, test.answer, string(answer))
	}
}
