package load

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func serve(t *testing.T, handler http.HandlerFunc) (address string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

func only(r *Request) func() *Request { return func() *Request { return r } }

func TestPercentilesAreExact(t *testing.T) {
	var r Result
	for i := range 1000 {
		r.Latencies = append(r.Latencies, time.Duration(i+1))
	}
	for p, want := range map[float64]time.Duration{0: 1, 50: 500, 99: 990, 99.9: 999, 99.95: 1000, 100: 1000} {
		assert.Equal(t, want, r.Percentile(p), "%v", p)
	}
	one := Result{Latencies: []time.Duration{7}}
	assert.Equal(t, time.Duration(7), one.Percentile(50))
	assert.Zero(t, Result{}.Percentile(50))
}

func TestRequestsArriveWhole(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		assert.NoError(t, err)
		fmt.Fprintf(w, "%s %s %s %s %s", r.Method, r.URL, r.Header.Get("Authorization"), r.Header.Get("Content-Type"), body)
	})
	request := NewRequest("/a?b=1", "text/plain", "key", []byte("body"), http.StatusOK, []byte("POST /a?b=1 Bearer key text/plain body"))
	result, err := Load{Address: address, Connections: 3, Duration: 50 * time.Millisecond, Pick: only(request)}.Closed(t.Context())
	require.NoError(t, err)
	assert.NotEmpty(t, result.Latencies)
}

func TestOtherAnswersAreErrors(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "two")
	})
	for path, want := range map[string]string{"/missing": "two", "/there": "one"} {
		request := NewRequest(path, "text/plain", "", nil, http.StatusOK, []byte(want))
		_, err := Load{Address: address, Connections: 2, Duration: time.Hour, Pick: only(request)}.Closed(t.Context())
		var unexpected *UnexpectedAnswer
		require.ErrorAs(t, err, &unexpected)
		assert.Equal(t, "two", unexpected.Body)
	}
}

func TestAConnectionIsKeptUntilTheServiceClosesIt(t *testing.T) {
	var mu sync.Mutex
	from := map[string]int{}
	requests, third := 0, 0 // third is which request was the first of a third connection
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	address := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		requests++
		if from[r.RemoteAddr]++; len(from) == 3 && third == 0 {
			third = requests
			cancel()
		}
		if requests == 10 {
			w.Header().Set("Connection", "close")
		}
	})
	request := NewRequest("/", "text/plain", "", nil, http.StatusOK, nil)
	_, err := Load{Address: address, Connections: 2, Duration: time.Hour, Pick: only(request)}.Closed(ctx)
	require.ErrorIs(t, err, context.Canceled)
	mu.Lock()
	defer mu.Unlock()
	assert.Greater(t, third, 10)
}

// A stall of the service counts once for each connection in a closed loop, and
// for all requests that were due meanwhile in an open one.
func TestOnlyTheOpenLoopCountsWhoWouldHaveCome(t *testing.T) {
	const stall = 500 * time.Millisecond
	stalling := func() string {
		var once sync.Once
		return serve(t, func(http.ResponseWriter, *http.Request) { once.Do(func() { time.Sleep(stall) }) })
	}
	slow := func(r Result) (n int) {
		for _, l := range r.Latencies {
			if l > stall/4 {
				n++
			}
		}
		return n
	}
	request := NewRequest("/", "text/plain", "", nil, http.StatusOK, nil)
	open, err := Load{Address: stalling(), Connections: 1, Duration: time.Second, Pick: only(request)}.Open(t.Context(), 200)
	require.NoError(t, err)
	assert.Greater(t, slow(open), 20)
	closed, err := Load{Address: stalling(), Connections: 1, Duration: time.Second, Pick: only(request)}.Closed(t.Context())
	require.NoError(t, err)
	assert.Less(t, slow(closed), slow(open))
}

func TestKilledRequestsAreCountedApart(t *testing.T) {
	address := serve(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGatewayTimeout) })
	request := NewRequest("/", "text/plain", "", nil, http.StatusGatewayTimeout, nil).Killed()
	result, err := Load{Address: address, Connections: 1, Duration: 50 * time.Millisecond, Pick: only(request)}.Closed(t.Context())
	require.NoError(t, err)
	assert.Empty(t, result.Latencies)
	assert.Positive(t, result.Killed)
	assert.Positive(t, result.Rate())
}
