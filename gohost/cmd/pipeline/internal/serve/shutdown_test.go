package serve_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/plugin"
)

// Callers heed /readyz as a balancer does: they begin no request after it has
// said no. Of those that they began, none may be lost.
func TestShutdownUnderLoadLosesNoRequest(t *testing.T) {
	t.Parallel()
	// Long enough for the callers to see it on a busy machine.
	s := start(t, func(c *serve.Config) { c.ShutdownDelay = 10 * time.Second })
	body := bodies(t, somePoints(100))[packedType]
	want := string(s.post("engine", "aggregate", packedType, body).body)
	var (
		callers            sync.WaitGroup
		answered, draining atomic.Int64
		stop               atomic.Bool
	)
	for range 8 {
		callers.Go(func() {
			for !stop.Load() {
				a, err := s.try("POST", "/v1/plugins/engine/aggregate", body, contentType(packedType))
				if !assert.NoError(t, err) || !assert.Equal(t, want, string(a.body)) {
					return
				}
				if a.closed {
					draining.Add(1)
				}
				answered.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return answered.Load() > 200 || t.Failed() }, eventually, tick)
	s.signal()
	require.Eventually(t, func() bool { return s.do("GET", "/readyz", nil).status == http.StatusServiceUnavailable }, eventually, tick)
	require.Eventually(t, func() bool { return draining.Load() > 20 || t.Failed() }, eventually, tick, "until then all goes on")
	stop.Store(true)
	callers.Wait()
	assert.NoError(t, s.wait())
}

// These callers do not react to the shutdown. A connection may be refused, since its
// request was not accepted, but each response is complete and correct.
func TestShutdownAnswersWhatItHasAccepted(t *testing.T) {
	t.Parallel()
	s := start(t)
	body := bodies(t, somePoints(100))[packedType]
	want := string(s.post("engine", "aggregate", packedType, body).body)
	s.client.Transport.(*http.Transport).DisableKeepAlives = true
	var (
		callers  sync.WaitGroup
		answered atomic.Int64
	)
	for range 8 {
		callers.Go(func() {
			for {
				a, err := s.try("POST", "/v1/plugins/engine/aggregate", body, contentType(packedType))
				if isRefused(err) {
					return
				}
				if !assert.NoError(t, err) || !assert.Equal(t, want, string(a.body)) {
					return
				}
				answered.Add(1)
			}
		})
	}
	require.Eventually(t, func() bool { return answered.Load() > 100 || t.Failed() }, eventually, tick)
	assert.NoError(t, s.stop())
	callers.Wait()
}

// isRefused reports whether there was no listener. Only Linux can stop accepting
// connections before it is closed.
func isRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || runtime.GOOS != "linux" && errors.Is(err, syscall.ECONNRESET)
}

// These clients keep their connections, and do not react to the shutdown. Each request that
// they could send gets a response; the last one on each connection asks to close it, and
// after that there is no listener.
func TestShutdownWithoutDelayLosesNoRequestOfKeptConnections(t *testing.T) {
	t.Parallel()
	const clients = 24
	body := bodies(t, somePoints(10))[packedType]
	for range 3 {
		// They close connections when asked to, so none is left for the grace period.
		s := start(t, func(c *serve.Config) { c.IdleGrace = time.Hour })
		want := string(s.post("engine", "aggregate", packedType, body).body)
		var (
			callers                  sync.WaitGroup
			answered, closed, failed atomic.Int64
		)
		for range clients {
			callers.Go(func() {
				for {
					a, err := s.try("POST", "/v1/plugins/engine/aggregate", body, contentType(packedType))
					switch {
					case isRefused(err):
						return
					case !assert.NoError(t, err), !assert.Equal(t, want, string(a.body)):
						failed.Add(1)
						return
					case a.closed:
						closed.Add(1)
					}
					answered.Add(1)
				}
			})
		}
		require.Eventually(t, func() bool { return answered.Load() > 10*clients || t.Failed() }, eventually, tick)
		assert.Zero(t, closed.Load())
		s.signal()
		callers.Wait()
		assert.NoError(t, s.wait())
		assert.Zero(t, failed.Load(), "of %d", answered.Load())
		assert.NotZero(t, closed.Load())
		assert.Zero(t, s.server.Connections())
	}
}

// A connection that is idle stays open for the grace, in which its next request
// is answered, and is closed after it.
func TestShutdownLetsAnIdleConnectionSendItsNextRequest(t *testing.T) {
	t.Parallel()
	for _, sends := range []bool{true, false} {
		grace := time.Hour
		if !sends {
			grace = 0
		}
		s := start(t, func(c *serve.Config) { c.IdleGrace = grace })
		c := s.connect()
		r := bufio.NewReader(c)
		get := func() *http.Response {
			_, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
			require.NoError(t, err)
			response, err := http.ReadResponse(r, nil)
			require.NoError(t, err)
			_, err = io.Copy(io.Discard, response.Body)
			require.NoError(t, err)
			return response
		}
		assert.False(t, get().Close)
		s.signal()
		if sends {
			require.Eventually(t, func() bool {
				other, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
				if err == nil {
					assert.NoError(t, other.Close())
				}
				return errors.Is(err, syscall.ECONNREFUSED)
			}, eventually, tick, "the listener is gone")
			assert.True(t, get().Close, "the client is told")
		}
		_, err := r.ReadByte()
		assert.ErrorIs(t, err, io.EOF, "it is closed, not reset")
		assert.NoError(t, s.wait())
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *serve.Config) { c.MaxConnections, c.HeaderTimeout, c.ReadTimeout = 3, time.Hour, time.Hour })
	idle := s.connect()
	_, err := io.WriteString(idle, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(idle), nil)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Eventually(t, func() bool { return s.server.IdleConnections() == 1 }, eventually, tick)
	fresh := s.connect()
	half := s.connect()
	_, err = io.WriteString(half, "GET /healthz HTTP/1.1\r\n")
	require.NoError(t, err)
	require.Eventually(t, func() bool { return s.server.Connections() == 3 }, eventually, tick)
	for _, gone := range []net.Conn{idle, fresh, half} { // the idle one first, then those that have sent no request
		s.connect()
		_, err := io.Copy(io.Discard, gone)
		if err != nil {
			assert.ErrorIs(t, err, syscall.ECONNRESET)
		}
		require.Eventually(t, func() bool { return s.server.Connections() == 3 }, eventually, tick)
	}
	s.closeAll()
}

// A request whose connection was accepted before the end is answered, however
// little of it had arrived.
func TestShutdownAnswersWhatHasHardlyBegun(t *testing.T) {
	t.Parallel()
	for _, before := range []int{0, 1, 20} {
		s := start(t)
		s.client.CloseIdleConnections()
		request := "GET /v1/plugins HTTP/1.1\r\nHost: localhost\r\n\r\n"
		c := s.connect()
		_, err := io.WriteString(c, request[:before])
		require.NoError(t, err)
		require.Eventually(t, func() bool { return s.server.Connections() == 1 }, eventually, tick)
		s.signal()
		require.Eventually(t, func() bool {
			other, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
			if err == nil {
				assert.NoError(t, other.Close())
			}
			return errors.Is(err, syscall.ECONNREFUSED)
		}, eventually, tick, "the listener is gone")
		time.Sleep(20 * time.Millisecond) // for whatever may follow in the server
		_, err = io.WriteString(c, request[before:])
		require.NoError(t, err)
		answer, err := io.ReadAll(c)
		assert.NoError(t, err)
		assert.Contains(t, string(answer), "200 OK", "%d bytes had arrived", before)
		assert.NoError(t, s.wait())
	}
}

func TestShutdownWaitsForCallsThatRun(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"slow": module(t, "slow")}))
	first := make(chan answer, 1)
	go func() {
		a, err := s.try("POST", "/v1/plugins/slow/checksum?expected=400000000", nil)
		assert.NoError(t, err)
		first <- a
	}()
	s.running("slow")
	assert.NoError(t, s.stop())
	assert.JSONEq(t, `{"valid":true}`, string((<-first).body))
	_, err := s.try("GET", "/healthz", nil)
	assert.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestShutdownCutsOffWhatDoesNotEnd(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.ShutdownTimeout = 50 * time.Millisecond
		c.Limits = plugin.Limits{CallTimeout: time.Hour, MaxInstances: 1}
	})
	first := make(chan error, 1)
	go func() {
		_, err := s.try("POST", "/v1/plugins/echo/process-batch", batch(2), contentType(packedType))
		first <- err
	}()
	s.running("echo")
	s.signal()
	err := s.wait()
	require.ErrorContains(t, err, "1 requests were aborted")
	assert.Error(t, <-first)
	s.wait = func() error { return nil }
}

// running waits until a call of the plugin runs.
func (s *service) running(name string) {
	s.t.Helper()
	require.Eventually(s.t, func() bool {
		return s.server.Running(name) > 0 || s.t.Failed()
	}, eventually, tick)
}
