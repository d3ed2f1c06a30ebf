package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/filter/filter"
	"example.org/compute-pipeline/gohost/plugin"
)

const (
	event1    = `{"time":1,"source":"web","level":"info","message":"login","user":"ada","seconds":0.25}`
	event2    = `{"time":2,"source":"web","level":"warning","message":"slow","bytes":1024}`
	event3    = `{"time":3,"source":"jobs","level":"error","message":"crash","text":"stack"}`
	redacted1 = `{"time":1,"source":"web","level":"info","message":"login","seconds":0.25}`
	redacted3 = `{"time":3,"source":"jobs","level":"error","message":"crash"}`

	events   = "[" + event1 + "," + event2 + "," + event3 + "]"
	redacted = "[" + redacted1 + "," + event2 + "," + redacted3 + "]\n"
)

// start starts a service with the filter quota.wasm.
func start(t *testing.T, settings map[string]string) *httptest.Server {
	t.Helper()
	registry, err := newRegistry(filter.Imports{Log: logger{slog.New(slog.DiscardHandler)}, Store: newStore(settings)})
	require.NoError(t, err)
	handler, err := newHandler(t.Context(), registry, plugin.File("quota.wasm"))
	require.NoError(t, err)
	server := httptest.NewServer(handler)
	t.Cleanup(func() {
		server.Close()
		assert.NoError(t, registry.Close(context.WithoutCancel(t.Context())))
	})
	return server
}

func read(t *testing.T, file string) []byte {
	t.Helper()
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	return data
}

// send sends a request and returns the status and the body of the answer, in any goroutine.
func send(t *testing.T, method, url string, body []byte) (status int, answer string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
	if !assert.NoError(t, err) {
		return 0, ""
	}
	response, err := http.DefaultClient.Do(request)
	if !assert.NoError(t, err) {
		return 0, ""
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	assert.NoError(t, err)
	return response.StatusCode, string(text)
}

func TestService(t *testing.T) {
	server := start(t, map[string]string{"quota": "2"})
	for _, test := range []struct {
		method, path, body string
		status             int
		answer             string
	}{
		{"POST", "/events", events, http.StatusOK, events + "\n"},
		{"POST", "/events", events, http.StatusOK, "[" + event3 + "]\n"}, // over the quota
		{"POST", "/events", `[{"level":"fatal"}]`, http.StatusBadRequest, "there is no level \"fatal\"\n"},
		{"PUT", "/filter", string(read(t, "redact.wasm")), http.StatusOK, ""},
		{"POST", "/events", events, http.StatusOK, redacted},
		{"PUT", "/filter", "no module", http.StatusBadRequest, ""},
		{"PUT", "/filter", string(read(t, "../../gohost/engine.wasm")), http.StatusBadRequest, ""},
		{"POST", "/events", events, http.StatusOK, redacted}, // the filter before stays
		{"POST", "/filter/rollback", "", http.StatusOK, ""},
		{"POST", "/events", events, http.StatusOK, "[" + event3 + "]\n"},
	} {
		status, answer := send(t, test.method, server.URL+test.path, []byte(test.body))
		require.Equal(t, test.status, status, "%s", answer)
		if test.answer != "" {
			assert.Equal(t, test.answer, answer)
		}
	}
}

func TestAFilterThatRefuses(t *testing.T) {
	server := start(t, nil)
	var sources []string
	for i := range maxKeys + 1 {
		sources = append(sources, fmt.Sprintf(`{"source":"%d","level":"info"}`, i))
	}
	status, answer := send(t, "POST", server.URL+"/events", []byte("["+strings.Join(sources, ",")+"]"))
	assert.Equal(t, http.StatusUnprocessableEntity, status)
	assert.Equal(t, "refusal: store: store-error: full: 1000\n", answer)
}

// A filter that cannot work with the settings fails its self-test.
func TestSelfTest(t *testing.T) {
	registry, err := newRegistry(filter.Imports{Log: logger{slog.New(slog.DiscardHandler)}, Store: newStore(map[string]string{"quota": "many"})})
	require.NoError(t, err)
	_, err = newHandler(t.Context(), registry, plugin.File("quota.wasm"))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	var refusal filter.Refusal
	require.ErrorAs(t, err, &refusal)
	assert.Equal(t, filter.RefusalSetting{Value: "many"}, refusal)
	require.NoError(t, registry.Close(t.Context()))
}

// No request is lost while filters are replaced.
func TestHotSwap(t *testing.T) {
	server := start(t, map[string]string{"quota": "1000000"})
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				status, answer := send(t, "POST", server.URL+"/events", []byte(events))
				if !assert.Equal(t, http.StatusOK, status, "%s", answer) {
					return
				}
				assert.Contains(t, []string{events + "\n", redacted}, answer)
			}
		})
	}
	modules := [][]byte{read(t, "redact.wasm"), read(t, "quota.wasm")}
	for i := range 10 {
		status, answer := send(t, "PUT", server.URL+"/filter", modules[i%2])
		assert.Equal(t, http.StatusOK, status, "%s", answer)
	}
	close(stop)
	clients.Wait()
	status, answer := send(t, "POST", server.URL+"/events", []byte(events))
	assert.Equal(t, http.StatusOK, status)
	assert.Equal(t, events, strings.TrimSpace(answer))
}
