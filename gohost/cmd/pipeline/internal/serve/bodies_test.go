package serve_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
)

func TestBodiesMayBeEncoded(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	s := start(t, func(c *serve.Config) { c.MaxBodyBytes = limit })
	text := bodies(t, somePoints(1000))[jsonType]
	want := s.post("engine", "aggregate", jsonType, text)
	require.Equal(t, http.StatusOK, want.status)
	encoder, err := zstd.NewWriter(nil)
	require.NoError(t, err)
	zeros := make([]byte, 4*limit)
	for _, test := range []struct {
		encoding string
		body     []byte
		status   int
		code     string
	}{
		{"identity", text, http.StatusOK, ""},
		{"gzip", gzipped(t, text), http.StatusOK, ""},
		{"x-gzip", gzipped(t, text), http.StatusOK, ""},
		{"zstd", encoder.EncodeAll(text, nil), http.StatusOK, ""},
		{"gzip", gzipped(t, zeros), http.StatusRequestEntityTooLarge, "body-too-large"},
		{"zstd", encoder.EncodeAll(zeros, nil), http.StatusRequestEntityTooLarge, "body-too-large"},
		{"gzip", text, http.StatusBadRequest, "invalid-body"},
		{"zstd", gzipped(t, text), http.StatusBadRequest, "invalid-body"},
		{"br", text, http.StatusUnsupportedMediaType, "unsupported-encoding"},
		{"gzip, gzip", gzipped(t, gzipped(t, text)), http.StatusUnsupportedMediaType, "unsupported-encoding"},
	} {
		a := s.post("engine", "aggregate", jsonType, test.body, header("Content-Encoding", test.encoding))
		assert.Equal(t, test.status, a.status, "%s: %s", test.encoding, a.body)
		if test.code == "" {
			assert.Equal(t, want.body, a.body, test.encoding)
			continue
		}
		assert.Equal(t, test.code, a.problem(t).Code, test.encoding)
		if test.status == http.StatusUnsupportedMediaType {
			assert.Equal(t, "gzip, zstd", a.header.Get("Accept-Encoding"))
		}
	}
	assert.NotContains(t, s.log.String(), `"ERROR"`)
}

// A client that disconnects in the middle of its body is not an error of the service.
func TestClientsThatGoInTheMiddleOfABodyAreNoFault(t *testing.T) {
	t.Parallel()
	for name, half := range map[string]string{
		"length":  "Content-Length: 100\r\n\r\n[[1,2],",
		"chunked": "Transfer-Encoding: chunked\r\n\r\n64\r\n[[1,2],",
		"gzip":    "Content-Encoding: gzip\r\nContent-Length: 100\r\n\r\n" + string(gzipped(t, []byte("[[1,2]]"))[:12]),
	} {
		for _, reset := range []bool{false, true} {
			s := start(t)
			c := s.connect()
			_, err := io.WriteString(c, "POST /v1/plugins/engine/aggregate HTTP/1.1\r\nHost: localhost\r\nX-Request-Id: gone\r\nContent-Type: application/json\r\n"+half)
			require.NoError(t, err)
			require.Eventually(t, func() bool {
				now, _ := s.server.Admission().Arriving.Usage()
				return now.Slots == 1
			}, eventually, tick)
			if reset {
				require.NoError(t, c.(*net.TCPConn).SetLinger(0))
			}
			require.NoError(t, c.Close())
			require.Eventually(t, func() bool { return strings.Contains(s.log.String(), `"gone"`) }, eventually, tick)
			var line struct {
				Level, Code string
				Status      int
			}
			for text := range strings.Lines(s.log.String()) {
				if strings.Contains(text, `"gone"`) {
					require.NoError(t, json.Unmarshal([]byte(text), &line))
				}
			}
			assert.Equal(t, "INFO", line.Level, name)
			assert.Equal(t, 499, line.Status, name)
			assert.Equal(t, "client-gone", line.Code, name)
			assert.NotContains(t, s.log.String(), `"ERROR"`)
		}
	}
}

// Without keys, a page that a browser has got from elsewhere could send requests
// here by a name of its own, which it has pointed to this machine.
func TestWithoutKeysOnlyThisMachineIsServed(t *testing.T) {
	t.Parallel()
	open, closed := start(t), start(t, withTenants(t, userAndOperator))
	port := open.url[strings.LastIndex(open.url, ":"):]
	for host, served := range map[string]bool{
		"localhost": true, "LocalHost" + port: true, "127.0.0.1": true, "127.0.0.1" + port: true, "127.1.2.3:1": true,
		"[::1]": true, "[::1]" + port: true, "[::ffff:127.0.0.1]:80": true,
		"example.org": false, "example.org" + port: false, "localhost.example.org": false, "127.0.0.1.example.org": false,
		"10.0.0.1": false, "0.0.0.0" + port: false, "[::]": false, "127.0.0.1@example.org": false, "localhost.": false,
	} {
		as := func(r *http.Request) { r.Host = host }
		for _, path := range []string{"/v1/plugins", "/", "/metrics", "/healthz", "/openapi.json", "/nothing"} {
			a := open.do("GET", path, nil, as)
			if served {
				assert.NotEqual(t, http.StatusMisdirectedRequest, a.status, "%s %s", host, path)
			} else if assert.Equal(t, http.StatusMisdirectedRequest, a.status, "%s %s", host, path) {
				assert.Equal(t, "wrong-host", a.problem(t).Code)
			}
		}
		assert.Equal(t, http.StatusOK, closed.do("GET", "/healthz", nil, as).status, "with keys a name says nothing")
	}
	c := open.connect()
	_, err := io.WriteString(c, "GET /healthz HTTP/1.0\r\n\r\n") // no name at all
	require.NoError(t, err)
	text, err := io.ReadAll(c)
	require.NoError(t, err)
	assert.Contains(t, string(text), " 421 ")
}

// If a plugin returns a MiB of control characters as its error, or far more points than it
// was given, neither is in the response or in the log.
func TestWhatAPluginSaysIsCut(t *testing.T) {
	t.Parallel()
	shouts, err := os.ReadFile("testdata/shouts.wasm")
	require.NoError(t, err)
	s := start(t, withPlugins(t, map[string][]byte{"shouts": shouts}))
	a := s.post("shouts", "validate", jsonType, []byte("[[1,2]]"))
	p := a.problem(t)
	assert.Equal(t, "invalid-points", p.Code)
	assert.Contains(t, p.Detail, "\x00\x00", "what there is room for")
	assert.Contains(t, p.Detail, "…")
	assert.LessOrEqual(t, len(a.body), 5<<10)

	a = s.post("shouts", "validate", jsonType, shortPoints(jsonType, 60))
	assert.Equal(t, http.StatusBadGateway, a.status)
	assert.LessOrEqual(t, len(a.body), 5<<10)

	path := "/" + strings.Repeat("\x01", 20<<10)
	assert.Equal(t, http.StatusNotFound, s.do("GET", strings.ReplaceAll(path, "\x01", "%01"), nil).status)
	for line := range strings.Lines(s.log.String()) {
		assert.LessOrEqual(t, len(line), 20<<10, "%.200s", line)
	}
}

// Each of the problems of a body that is longer than its head says is the
// client's.
func TestBrokenChunksAreTheClientsFault(t *testing.T) {
	t.Parallel()
	s := start(t)
	for _, chunks := range []string{"zz\r\n", "5\r\n[[1,2]\r\n", strings.Repeat("0", 10000)} {
		c := s.connect()
		_, err := fmt.Fprintf(c, "POST /v1/plugins/engine/aggregate HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%s", chunks)
		require.NoError(t, err)
		text, err := io.ReadAll(io.LimitReader(c, 1<<20))
		if err == nil {
			assert.Contains(t, string(text), " 400 ", "%.20s", chunks)
		}
	}
	assert.NotContains(t, s.log.String(), `"ERROR"`)
	assert.NotZero(t, bytes.Count([]byte(s.log.String()), []byte(`"invalid-body"`)))
}
