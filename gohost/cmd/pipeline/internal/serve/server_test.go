package serve_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/points"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/problem"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/tenant"
	"example.org/compute-pipeline/gohost/plugin"
)

// cacheDir has every module compiled once for all tests.
var cacheDir string

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if cacheDir, err = os.MkdirTemp("", "pipeline-serve-"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(cacheDir)
	return m.Run()
}

// The keys of the tenants that the tests know.
const (
	userKey     = "a-user's-key"
	otherKey    = "another's-key"
	operatorKey = "an-operator's-key"
)

// service is a server on a loopback address.
type service struct {
	t      *testing.T
	url    string
	dir    string // of plugins
	log    *syncBuffer
	client *http.Client
	// stop ends it, and returns what Run returned.
	stop func() error
	// signal begins the end, and wait waits for it.
	signal context.CancelFunc
	wait   func() error
	server *serve.Server

	connections []net.Conn // by hand
}

// start starts a service without keys; configure may change how.
func start(t *testing.T, configure ...func(*serve.Config)) *service {
	t.Helper()
	s := &service{t: t, log: &syncBuffer{}}
	config := serve.Defaults()
	config.CacheDir = cacheDir
	config.ShutdownDelay = 0
	config.HeaderTimeout, config.Limits.CallTimeout = time.Minute, time.Minute // a busy machine must not fail a test
	config.Logger = slog.New(slog.NewJSONHandler(s.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	for _, f := range configure {
		f(&config)
	}
	s.dir = config.PluginsDir
	var err error
	s.server, err = serve.New(t.Context(), config)
	require.NoError(t, err)
	listener, err := serve.Listen(t.Context(), "127.0.0.1:0")
	require.NoError(t, err)
	s.url = "http://" + listener.Addr().String()
	transport := &http.Transport{MaxIdleConnsPerHost: 64, ExpectContinueTimeout: time.Hour}
	s.client = &http.Client{Transport: transport}
	var ctx context.Context
	ctx, s.signal = context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.server.Run(ctx, listener) }()
	s.wait = sync.OnceValue(func() error {
		select {
		case err := <-ended:
			return err
		case <-time.After(time.Minute):
			t.Error("the server did not end")
			return nil
		}
	})
	s.stop = func() error {
		s.signal()
		return s.wait()
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		s.closeAll()
		assert.NoError(t, s.stop())
	})
	return s
}

// withPlugins gives the service a directory, and no self-test: the modules of
// these tests are no analytics engines.
func withPlugins(t *testing.T, modules map[string][]byte) func(*serve.Config) {
	t.Helper()
	dir := t.TempDir()
	for name, wasm := range modules {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name+".wasm"), wasm, 0o600))
	}
	return func(c *serve.Config) {
		c.PluginsDir = dir
		c.EngineOptions = append(c.EngineOptions, plugin.WithSelfTest(time.Minute, func(context.Context, gohost.Functions) error { return nil }))
	}
}

// withTenants gives the service a file of tenants: JSON, where KEY(x) stands for
// the hash of x.
func withTenants(t *testing.T, tenants string) func(*serve.Config) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "keys.json")
	writeTenants(t, path, tenants)
	return func(c *serve.Config) { c.KeysFile = path }
}

func writeTenants(t *testing.T, path, tenants string) {
	t.Helper()
	for _, key := range []string{userKey, otherKey, operatorKey} {
		tenants = strings.ReplaceAll(tenants, "KEY("+key+")", tenant.HashOf(key))
	}
	require.NoError(t, os.WriteFile(path, []byte(tenants), 0o600))
}

// userAndOperator may call all, and do all.
const userAndOperator = `{"tenants": [
  {"name": "user", "keys": ["KEY(a-user's-key)"], "plugins": ["*"]},
  {"name": "operator", "keys": ["KEY(an-operator's-key)"], "plugins": ["*"], "admin": true}]}`

// answer is a response that was read.
type answer struct {
	status int
	header http.Header
	body   []byte
	closed bool // the server closes the connection
}

func (a answer) problem(t *testing.T) problem.Problem {
	t.Helper()
	require.Equal(t, problem.ContentType, a.header.Get("Content-Type"), "%s", a.body)
	var p problem.Problem
	require.NoError(t, json.Unmarshal(a.body, &p))
	require.Equal(t, a.status, p.Status)
	require.Equal(t, http.StatusText(a.status), p.Title)
	return p
}

type option func(*http.Request)

func key(k string) option { return header("Authorization", "Bearer "+k) }

func header(name, value string) option { return func(r *http.Request) { r.Header.Set(name, value) } }

func contentType(mediaType string) option { return header("Content-Type", mediaType) }

// do sends a request and reads the answer.
func (s *service) do(method, path string, body []byte, options ...option) answer {
	s.t.Helper()
	a, err := s.try(method, path, body, options...)
	require.NoError(s.t, err)
	return a
}

func (s *service) try(method, path string, body []byte, options ...option) (answer, error) {
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, o := range options {
		o(r)
	}
	response, err := s.client.Do(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, text, response.Close}, err
}

// post calls a function of a plugin.
func (s *service) post(plugin, function, mediaType string, body []byte, options ...option) answer {
	s.t.Helper()
	return s.do("POST", "/v1/plugins/"+plugin+"/"+function, body, append([]option{contentType(mediaType)}, options...)...)
}

// upload uploads a version of a plugin as the operator.
func (s *service) upload(name string, wasm []byte, options ...option) answer {
	s.t.Helper()
	return s.do("POST", "/v1/admin/plugins/"+name+"/versions", wasm, append([]option{contentType("application/wasm"), key(operatorKey)}, options...)...)
}

// batch is one packed point whose first byte is do.
func batch(do byte) []byte { return append([]byte{do}, make([]byte, points16-1)...) }

const points16 = 16

// engineModule is the engine as a module that anybody could have built.
func engineModule(t *testing.T) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../../../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	return wasm
}

// edition is the same module with other bytes: a custom section says which.
func edition(wasm []byte, name string) []byte {
	body := append(append([]byte{7}, "edition"...), name...)
	return append(binary.AppendUvarint(append(bytes.Clone(wasm), 0), uint64(len(body))), body...)
}

// module returns a module of gohost's tests. For echo, the first byte of a batch decides:
// 1 traps, 2 never ends, 3 uses all memory, 5 drops a byte. For slow, the expected
// checksum is the duration.
func module(t *testing.T, name string) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../../../testdata/" + name + ".wasm")
	require.NoError(t, err)
	return wasm
}

func hashOf(wasm []byte) string {
	sum := sha256.Sum256(wasm)
	return hex.EncodeToString(sum[:])
}

const (
	packedType = points.Packed
	jsonType   = points.JSON
	ndjsonType = points.NDJSON
)

// syncBuffer is a buffer for several goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// For require.Eventually.
const (
	eventually = time.Minute
	tick       = time.Millisecond
)

func split(what string) (method, path string) {
	method, path, _ = strings.Cut(what, " ")
	return method, path
}
