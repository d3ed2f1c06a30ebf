package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
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

// The worker by itself, in Node: timestamps may be nanoseconds, and days come in any order.
func TestTheWorkerSortsDays(t *testing.T) {
	if os.Getenv("COMPUTE_PIPELINE_EVERYWHERE") == "" {
		t.Skip("COMPUTE_PIPELINE_EVERYWHERE is not set")
	}
	const script = `
		globalThis.onmessage = undefined;
		globalThis.postMessage = ({ error, answer, means }) => console.log(error ?? JSON.stringify([answer.points, ...means]));
		await import("./worker.js");
		onmessage({ data: "data:,[[1262390400000000001,1],[86400,2],[10,4],[86401,5],[1262390400000000000,3]]" });`
	out, err := exec.Command("node", "--input-type=module", "--eval", script).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "[5,4,3.5,2]\n", string(out))
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
