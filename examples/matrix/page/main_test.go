package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/matrix/job"
)

const (
	root = "../../.."
	data = "../../data/seattle-temps-2010.json"
)

func TestWhatIsServed(t *testing.T) {
	answers := make(chan []byte, 1)
	h := handler(root, data, answers)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	page := get("/examples/matrix/page/page.html")
	assert.Equal(t, http.StatusOK, page.Code)
	assert.Equal(t, policy, page.Header().Get("Content-Security-Policy"))
	assert.Contains(t, get("/data").Body.String(), `"value":39.4`)
	assert.Equal(t, http.StatusNotFound, get("/none").Code)

	for _, body := range []string{"first", "second"} {
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "/answer", strings.NewReader(body)))
	}
	assert.Equal(t, "first", string(<-answers))
	assert.Empty(t, answers)
}

// In Chromium, after `make typescript` has built the package.
func TestThePageInChromium(t *testing.T) {
	if os.Getenv("COMPUTE_PIPELINE_EVERYWHERE") == "" {
		t.Skip("COMPUTE_PIPELINE_EVERYWHERE is not set")
	}
	var out bytes.Buffer
	require.NoError(t, run(t.Context(), &out, []string{"-root", root, "-print", data}))
	var answer job.Answer
	require.NoError(t, json.Unmarshal(out.Bytes(), &answer))
	assert.Equal(t, 8759, answer.Points)
	assert.Equal(t, 455713.5, answer.Sum)

	bad := filepath.Join(t.TempDir(), "bad.json")
	require.NoError(t, os.WriteFile(bad, []byte("[{\"timestamp\": 1,\n\"value\": \"warm\"}]"), 0o600))
	assert.ErrorContains(t, run(t.Context(), nil, []string{"-root", root, "-print", bad}), "line 2 column 15")
}
