package serve_test

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
)

// blocked is a body that does not end before it is released.
type blocked struct {
	once sync.Once
	c    chan struct{}
}

func newBlocked() *blocked { return &blocked{c: make(chan struct{})} }

func (b *blocked) Read([]byte) (int, error) {
	<-b.c
	return 0, io.EOF
}

func (b *blocked) release() { b.once.Do(func() { close(b.c) }) }

// connect opens a connection to talk HTTP by hand.
func (s *service) connect() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
	require.NoError(s.t, err)
	s.connections = append(s.connections, c)
	require.NoError(s.t, c.SetDeadline(time.Now().Add(time.Minute)))
	return c
}

// closeAll closes the connections that are left of connect.
func (s *service) closeAll() {
	for _, c := range s.connections {
		_ = c.Close() // it may be closed
	}
}

func TestSlowHeadsAreCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *serve.Config) { c.HeaderTimeout, c.ReadTimeout = 50*time.Millisecond, time.Hour })
	c := s.connect()
	_, err := io.WriteString(c, "POST /v1/plugins/engine/aggregate HTTP/1.1\r\nHost: localhost\r\n")
	require.NoError(t, err)
	_, err = io.ReadAll(c)
	assert.NoError(t, err, "the server closes the connection, long before our deadline")
}

func TestSlowBodiesAreCutOff(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *serve.Config) { c.ReadTimeout = 50 * time.Millisecond })
	c := s.connect()
	_, err := io.WriteString(c, "POST /v1/plugins/engine/aggregate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n[[1,2],")
	require.NoError(t, err)
	response, err := http.ReadResponse(bufio.NewReader(c), nil)
	require.NoError(t, err)
	text, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	assert.NoError(t, response.Body.Close())
	assert.Equal(t, "body-too-slow", answer{status: response.StatusCode, header: response.Header, body: text}.problem(t).Code)
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	t.Parallel()
	s := start(t, func(c *serve.Config) { c.IdleTimeout, c.ReadTimeout = 50*time.Millisecond, time.Hour })
	c := s.connect()
	_, err := io.WriteString(c, "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
	require.NoError(t, err)
	text, err := io.ReadAll(c)
	assert.NoError(t, err)
	assert.Contains(t, string(text), "200 OK")
}

func TestHugeHeadsAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, err := s.try("GET", "/healthz", nil, header("X-Long", strings.Repeat("x", 1<<20)))
	if err == nil { // else the server closed the connection while we wrote
		assert.Equal(t, http.StatusRequestHeaderFieldsTooLarge, a.status)
	}
}

// endless is a body that does not end.
type endless struct{ read int64 }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = "[1,2],"[(e.read+int64(i))%6]
	}
	e.read += int64(len(p))
	return len(p), nil
}

func TestHugeBodiesAreNotRead(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	s := start(t, func(c *serve.Config) { c.MaxBodyBytes = limit })
	a := s.post("engine", "aggregate", packedType, make([]byte, limit+16))
	assert.Equal(t, http.StatusRequestEntityTooLarge, a.status, "when the length is said")
	assert.Equal(t, "body-too-large", a.problem(t).Code)
	assert.Contains(t, a.problem(t).Detail, fmt.Sprint(limit))
	assert.Equal(t, http.StatusOK, s.post("engine", "aggregate", packedType, make([]byte, limit)).status)

	for _, path := range []string{"aggregate", "process-batch", "validate", "fold", "merge", "finish", "checksum?expected=1"} {
		// Without a Content-Length, on a connection of its own: the response comes
		// before the whole body was sent.
		c := s.connect()
		go func() {
			_, _ = fmt.Fprintf(c, "POST /v1/plugins/engine/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n100000000\r\n[", path)
			_, _ = io.Copy(c, &endless{}) // ends when the connection does
		}()
		response, err := http.ReadResponse(bufio.NewReader(c), nil)
		require.NoError(t, err, path)
		assert.Equal(t, http.StatusRequestEntityTooLarge, response.StatusCode, path)
		assert.NoError(t, c.Close())
	}
}

func TestEachRequestHasAnID(t *testing.T) {
	t.Parallel()
	s := start(t)
	a, b := s.do("GET", "/healthz", nil), s.do("GET", "/healthz", nil)
	assert.NotEmpty(t, a.header.Get("X-Request-Id"))
	assert.NotEqual(t, a.header.Get("X-Request-Id"), b.header.Get("X-Request-Id"))
	id := rand.Text()
	assert.Equal(t, id, s.do("GET", "/healthz", nil, header("X-Request-Id", id)).header.Get("X-Request-Id"))
	assert.NotContains(t, s.do("GET", "/healthz", nil, header("X-Request-Id", "a b")).header.Get("X-Request-Id"), " ")
}

func TestAccessLog(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, map[string][]byte{"echo": module(t, "echo")}))
	s.post("echo", "process-batch", packedType, batch(1), key(userKey), header("X-Request-Id", "the-trap"))
	var line struct {
		Level, ID, Tenant, Method, Path, Code, Error string
		Status                                       int
		In                                           int64
	}
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), `"the-trap"`) }, time.Minute, time.Millisecond)
	for text := range strings.Lines(s.log.String()) {
		if strings.Contains(text, `"the-trap"`) {
			require.NoError(t, json.Unmarshal([]byte(text), &line))
		}
	}
	assert.Equal(t, "ERROR", line.Level)
	assert.Equal(t, "user", line.Tenant)
	assert.Equal(t, "POST /v1/plugins/echo/process-batch", line.Method+" "+line.Path)
	assert.Equal(t, http.StatusBadGateway, line.Status)
	assert.Equal(t, "trap", line.Code)
	assert.Contains(t, line.Error, "unreachable")
	assert.EqualValues(t, 16, line.In)
	assert.NotContains(t, s.log.String(), userKey)
}

func TestMetricsAndPage(t *testing.T) {
	t.Parallel()
	s := start(t, withPlugins(t, map[string][]byte{"echo": module(t, "echo")}))
	s.post("echo", "process-batch", packedType, batch(0))
	s.post("echo", "process-batch", packedType, batch(1))
	text := string(s.do("GET", "/metrics", nil).body)
	assert.Contains(t, text, `compute_pipeline_http_requests_total{route="/v1/plugins/{plugin}/process-batch",status="200",tenant="anonymous"} 1`)
	assert.Contains(t, text, `compute_pipeline_http_requests_total{route="/v1/plugins/{plugin}/process-batch",status="502",tenant="anonymous"} 1`)
	assert.Contains(t, text, `compute_pipeline_call_duration_seconds_count{function="process-batch",outcome="trap",plugin="echo"} 1`)
	assert.Contains(t, text, `compute_pipeline_breaker_state{plugin="echo",state="closed"} 1`)
	assert.Contains(t, text, "go_goroutines")
	page := s.do("GET", "/", nil)
	assert.Equal(t, "text/html; charset=utf-8", page.header.Get("Content-Type"))
	assert.Contains(t, page.header.Get("Content-Security-Policy"), "default-src 'none'")
	for _, part := range []string{"echo", "engine", hashOf(module(t, "echo"))[:12], "active", "traps"} {
		assert.Contains(t, string(page.body), part)
	}
	assert.NotContains(t, string(page.body), "<script")
	assert.NotContains(t, string(page.body), "http://")
}
