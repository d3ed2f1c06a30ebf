package serve_test

import (
	"bytes"
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestWhatPluginsDoWrongIsAProblem(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.Limits = plugin.Limits{MemoryMiB: 2, CallTimeout: time.Minute, Breaker: plugin.BreakerLimits{Off: true}}
	})
	process := func(do byte) answer {
		return s.post("echo", "process-batch", packedType, batch(do), header("Accept", packedType))
	}
	for _, test := range []struct {
		name   string
		answer answer
		status int
		code   string
	}{
		{"trap", process(1), http.StatusBadGateway, "trap"},
		{"all memory", process(3), http.StatusRequestEntityTooLarge, "memory-limit"},
		{"a byte less", process(5), http.StatusBadGateway, "contract-not-met"},
		{"list out of range", s.post("echo", "aggregate", jsonType, []byte(`[[1152921504606846976,1]]`)), http.StatusBadGateway, "abi-violated"},
		{"no summary", s.post("echo", "fold", jsonType, []byte(`[[1,2]]`)), http.StatusNotImplemented, "no-summary"},
		{"no summary", s.post("echo", "finish", jsonType, []byte(`{"state":""}`)), http.StatusNotImplemented, "no-summary"},
		{"no summary", s.post("echo", "merge", jsonType, []byte(`{"a":"","b":""}`)), http.StatusNotImplemented, "no-summary"},
	} {
		assert.Equal(t, test.status, test.answer.status, test.name)
		assert.Equal(t, test.code, test.answer.problem(t).Code, "%s: %s", test.name, test.answer.body)
	}
	a := process(0)
	assert.Equal(t, http.StatusOK, a.status)
	assert.Equal(t, batch(0), a.body, "the next call is right")
}

func TestCallsThatTakeTooLongAreAProblem(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.Limits = plugin.Limits{CallTimeout: 100 * time.Millisecond}
	})
	a := s.post("echo", "process-batch", packedType, batch(2))
	assert.Equal(t, http.StatusGatewayTimeout, a.status)
	assert.Equal(t, "time-limit", a.problem(t).Code)
	require.Eventually(t, func() bool {
		return s.post("echo", "process-batch", packedType, batch(0)).status == http.StatusOK
	}, eventually, tick, "the next call that is not slow is right")
}

func TestFuelThatIsSpentIsAProblem(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"slow": module(t, "slow")}), func(c *serve.Config) {
		c.Limits = plugin.Limits{Fuel: 1_000_000}
	})
	assert.Equal(t, http.StatusOK, s.do("POST", "/v1/plugins/slow/checksum?expected=1000", nil).status)
	a := s.do("POST", "/v1/plugins/slow/checksum?expected=1000000", nil)
	assert.Equal(t, http.StatusUnprocessableEntity, a.status)
	assert.Equal(t, "limit", a.problem(t).Code)
}

func TestOpenBreakerIsAProblemUntilItIsReset(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.Limits = plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 2, Cooldown: time.Hour}}
	})
	process := func(do byte) answer {
		return s.post("echo", "process-batch", packedType, batch(do), key(userKey))
	}
	for range 2 {
		assert.Equal(t, "trap", process(1).problem(t).Code)
	}
	a := process(0)
	assert.Equal(t, http.StatusServiceUnavailable, a.status)
	assert.Equal(t, "breaker-open", a.problem(t).Code)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	assert.Contains(t, string(s.do("GET", "/", nil, key(operatorKey)).body), "breaker open")
	require.Equal(t, http.StatusNoContent, s.do("POST", "/v1/admin/plugins/echo/reset", nil, key(operatorKey)).status)
	assert.Equal(t, http.StatusOK, process(0).status)
}

func TestNoTenantCutsOthersOffFromTheEngine(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *serve.Config) { c.Limits = plugin.Limits{MemoryMiB: 2} })
	for range 20 {
		assert.Equal(t, "memory-limit", s.post("engine", "process-batch", packedType, make([]byte, 4<<20)).problem(t).Code)
	}
	assert.Equal(t, http.StatusOK, s.post("engine", "process-batch", packedType, batch(0)).status)
}

func TestBusyPluginTurnsAway(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.Limits = plugin.Limits{MaxInstances: 1, MaxWaiters: plugin.NoWaiters, CallTimeout: time.Hour}
		c.RequestTimeout, c.ReadTimeout, c.QueueTimeout = time.Hour, time.Hour, time.Hour
	})
	ctx, leave := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() { // never ends
		_, err := s.send(ctx, "/v1/plugins/echo/process-batch", bytes.NewReader(batch(2)), contentType(packedType))
		first <- err
	}()
	s.running("echo")
	busy := s.do("POST", "/v1/plugins/echo/checksum?expected=1", nil)
	assert.Equal(t, http.StatusServiceUnavailable, busy.status)
	assert.Equal(t, "busy", busy.problem(t).Code, "a call that has to wait is turned away")
	assert.Equal(t, "1", busy.header.Get("Retry-After"))
	leave()
	require.ErrorIs(t, <-first, context.Canceled)
	require.Eventually(t, func() bool { return s.server.Running("echo") == 0 }, eventually, tick)
	assert.Equal(t, http.StatusOK, s.do("POST", "/v1/plugins/echo/checksum?expected=1", nil).status)
}

func TestARequestHasATimeLimitOfItsOwn(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.Limits = plugin.Limits{CallTimeout: time.Hour}
		c.RequestTimeout, c.ReadTimeout, c.QueueTimeout = 200*time.Millisecond, time.Second, 50*time.Millisecond
	})
	a := s.post("echo", "process-batch", packedType, batch(2)) // never ends
	assert.Equal(t, http.StatusGatewayTimeout, a.status)
	assert.Equal(t, "deadline", a.problem(t).Code)
	require.Eventually(t, func() bool {
		return s.do("POST", "/v1/plugins/echo/checksum?expected=1", nil).status == http.StatusOK
	}, eventually, tick)
}
