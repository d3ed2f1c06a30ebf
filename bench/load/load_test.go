package load_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/load"
)

// dial connects to a service that answers with what answer returns for the number of the request,
// from 1.
func dial(t *testing.T, connections int, answer func(request int64) string) (*load.Client, *atomic.Int64) {
	t.Helper()
	requests := new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.URL.Path != "/sum" || string(body) != "[1,2]" {
			http.Error(w, fmt.Sprintf("%s %q %v", r.URL.Path, body, err), http.StatusBadRequest)
			return
		}
		io.WriteString(w, answer(requests.Add(1)))
	}))
	t.Cleanup(server.Close)
	client, err := load.Dial(server.Listener.Addr().String(), "/sum", []byte("[1,2]"), connections)
	t.Cleanup(func() { client.Close() })
	require.NoError(t, err)
	return client, requests
}

func TestATurnHasSoManyRequests(t *testing.T) {
	client, requests := dial(t, 3, func(int64) string { return "3" })
	require.Equal(t, "3", string(client.Answer))
	perSecond, err := client.Turn(t.Context(), 100, time.Minute)
	require.NoError(t, err)
	require.Positive(t, perSecond)
	require.Equal(t, int64(103), requests.Load())
}

func TestATurnEndsInTime(t *testing.T) {
	client, _ := dial(t, 2, func(int64) string { return "3" })
	_, err := client.Turn(t.Context(), 1<<40, 10*time.Millisecond)
	require.NoError(t, err)
}

func TestAWrongAnswerIsAnError(t *testing.T) {
	client, _ := dial(t, 1, func(request int64) string { return fmt.Sprint(request / 10) })
	_, err := client.Turn(t.Context(), 5, time.Minute)
	require.NoError(t, err)
	_, err = client.Turn(t.Context(), 100, time.Minute)
	require.ErrorContains(t, err, `"1" is not the answer "0"`)
}

func TestATurnEndsWithItsContext(t *testing.T) {
	client, _ := dial(t, 1, func(int64) string { return "3" })
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := client.Turn(ctx, 10, time.Minute)
	require.ErrorIs(t, err, context.Canceled)
}

func TestARefusalSaysWhy(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	client, err := load.Dial(server.Listener.Addr().String(), "/", nil, 1)
	require.ErrorContains(t, err, "404 page not found")
	require.NoError(t, client.Close())
}
