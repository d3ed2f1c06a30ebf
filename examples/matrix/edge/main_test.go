package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

func get(t *testing.T, sources ...string) (status int, answer job.Answer, body string) {
	t.Helper()
	return getWithin(t, time.Hour, sources...)
}

func getWithin(t *testing.T, wait time.Duration, sources ...string) (status int, answer job.Answer, body string) {
	t.Helper()
	eng, err := gohost.New(t.Context())
	require.NoError(t, err)
	defer func() { assert.NoError(t, eng.Close(t.Context())) }()
	w := httptest.NewRecorder()
	handler(eng, sources, wait)(w, httptest.NewRequest(http.MethodGet, "/", nil))
	if w.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
	}
	return w.Code, answer, w.Body.String()
}

// The sources are fetched at the same time: the first waits for the second.
func TestSources(t *testing.T) {
	mux := http.NewServeMux()
	second := make(chan struct{})
	mux.HandleFunc("/first", func(w http.ResponseWriter, _ *http.Request) {
		<-second // which is fetched at the same time
		_, _ = w.Write([]byte("[[1, 1e16], [2, 1]]"))
	})
	mux.HandleFunc("/second", func(w http.ResponseWriter, _ *http.Request) {
		close(second)
		_, _ = w.Write([]byte("[[3, -1e16]]"))
	})
	mux.HandleFunc("/bad", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("[[3, null]]")) })
	mux.HandleFunc("/never", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	mux.HandleFunc("/half", func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte("[[1, 1]"))
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	server := httptest.NewServer(mux)
	defer server.Close()

	status, answer, _ := get(t, server.URL+"/first", server.URL+"/second")
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, 3, answer.Points)
	assert.Equal(t, 1.0, answer.Sum, "exact")

	// The first error ends the others.
	status, _, body := get(t, server.URL+"/never", server.URL+"/bad")
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, "line 1 column 9")
	// A source that hangs ends too, at its beginning or within.
	for _, source := range []string{"/never", "/half"} {
		status, _, body = getWithin(t, 50*time.Millisecond, server.URL+source)
		assert.Equal(t, http.StatusBadGateway, status)
		assert.Contains(t, body, "deadline exceeded")
	}
	status, _, body = get(t, server.URL+"/none")
	assert.Equal(t, http.StatusBadGateway, status)
	assert.Contains(t, body, "404")
	status, answer, _ = get(t)
	assert.Equal(t, http.StatusOK, status)
	assert.Zero(t, answer.Points)
}

// The configuration of workerd names each module of the package.
func TestTheConfigurationHasAllModules(t *testing.T) {
	config, err := os.ReadFile("config.capnp")
	require.NoError(t, err)
	sources, err := filepath.Glob("../../../hosts/typescript/src/*.ts")
	require.NoError(t, err)
	require.NotEmpty(t, sources)
	for _, source := range sources {
		name := strings.TrimSuffix(filepath.Base(source), ".ts")
		if name != "component" { // which nothing here imports
			assert.Contains(t, string(config), `(name = "hosts/typescript/dist/`+name+`.js", esModule = embed "../../../hosts/typescript/dist/`+name+`.js"),`)
		}
	}
}
