package serve_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/plugin"
)

func TestUploadsAtOnceGetTheirAnswers(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, nil))
	wasm := module(t, "echo")
	answers := make([]answer, 60)
	var group sync.WaitGroup
	for i := range answers {
		group.Go(func() {
			for {
				a, err := s.try("POST", "/v1/admin/plugins/p/versions", edition(wasm, strconv.Itoa(i)), contentType("application/wasm"), key(operatorKey))
				assert.NoError(t, err)
				answers[i] = a
				if a.status != http.StatusServiceUnavailable {
					return
				}
				// The queue was full: the client should retry.
				assert.NotEmpty(t, a.header.Get("Retry-After"))
				time.Sleep(tick)
			}
		})
	}
	group.Wait()
	for i, a := range answers {
		assert.Equal(t, http.StatusOK, a.status, "%d: %s", i, a.body)
	}
	assert.Len(t, s.status("p").Versions, 3)
}

func TestAChangeThatCannotBeStoredIsNone(t *testing.T) {
	t.Parallel()
	var dir string
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, nil), func(c *serve.Config) { dir = c.PluginsDir })
	wasm := module(t, "echo")
	require.Equal(t, http.StatusOK, s.upload("p", wasm).status)
	require.Equal(t, http.StatusOK, s.upload("p", edition(wasm, "2")).status)
	was := s.status("p")
	uploads, aside := filepath.Join(dir, ".uploads"), filepath.Join(dir, ".aside")
	require.NoError(t, os.Rename(uploads, aside))
	require.NoError(t, os.WriteFile(uploads, nil, 0o600))
	for what, a := range map[string]answer{
		"an upload":     s.upload("p", edition(wasm, "3")),
		"a rollback":    s.change("POST p/rollback"),
		"an activation": s.change("POST p/versions/" + hashOf(wasm) + "/activate"),
	} {
		assert.Equal(t, http.StatusInternalServerError, a.status, what)
		assert.Equal(t, "not-stored", a.problem(t).Code, what)
		assert.NotContains(t, string(a.body), dir, "what the disk says is none of a client's business")
	}
	is := s.status("p")
	assert.Contains(t, is.LoadError, "the log has the cause")
	is.LoadError = was.LoadError
	assert.Equal(t, was, is, "nothing was changed")
	assert.Contains(t, s.log.String(), "not a directory")
	require.NoError(t, os.Remove(uploads))
	require.NoError(t, os.Rename(aside, uploads))
	require.Equal(t, http.StatusOK, s.change("POST p/rollback").status)
	assert.Equal(t, hashOf(wasm), s.status("p").Active)
}

// A plugin that does not serve after a start is reported by /readyz, the page and the API.
func TestReadinessSaysWhatDoesNotServe(t *testing.T) {
	t.Parallel()
	plugins := withPlugins(t, map[string][]byte{"good": module(t, "echo"), "bad": []byte("no module")})
	var dir string
	configure := []func(*serve.Config){withTenants(t, userAndOperator), plugins, func(c *serve.Config) { dir = c.PluginsDir }}
	s := start(t, configure...)
	ready := func(status int, text string) {
		t.Helper()
		a := s.do("GET", "/readyz", nil)
		assert.Equal(t, status, a.status)
		assert.Equal(t, text+"\n", string(a.body))
	}
	const look = "; see the log, the status page or /v1/admin/plugins"
	ready(http.StatusServiceUnavailable, "not ready; plugins that do not serve: 1"+look)
	assert.Equal(t, http.StatusOK, s.do("GET", "/healthz", nil).status, "it is alive")
	st := s.status("bad")
	require.Len(t, st.Failures, 1)
	assert.Equal(t, "bad.wasm", st.Failures[0].File)
	assert.Equal(t, hashOf([]byte("no module")), st.Failures[0].SHA256)
	assert.Contains(t, string(s.do("GET", "/v1/admin/plugins", nil, key(operatorKey)).body), `"bad.wasm"`)
	page := string(s.do("GET", "/", nil, key(operatorKey)).body)
	assert.Contains(t, page, "not serving")
	assert.Contains(t, page, "Not loaded:")
	assert.Contains(t, page, "bad.wasm")
	assert.Equal(t, http.StatusUnprocessableEntity, s.change("POST bad/retry").status)
	assert.Equal(t, "contract-not-met", s.change("POST bad/retry").problem(t).Code)

	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.wasm"), edition(module(t, "echo"), "mended"), 0o600))
	a := s.change("POST bad/retry")
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	ready(http.StatusOK, "ready")
	assert.Empty(t, s.status("bad").Failures)

	// It serves another version than it should.
	require.Equal(t, http.StatusOK, s.upload("good", edition(module(t, "echo"), "2")).status)
	require.NoError(t, s.stop())
	require.NoError(t, os.Truncate(filepath.Join(dir, ".uploads", "good", "active"), 0))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "bad.wasm"), nil, 0o600))
	s = start(t, append(configure, func(c *serve.Config) { c.ReadyPartial = true })...)
	ready(http.StatusOK, "ready; plugins that do not serve: 1; plugins that serve another version than they should: 1"+look)
	assert.Equal(t, hashOf(edition(module(t, "echo"), "2")), s.status("good").Active)
	assert.Contains(t, s.status("good").Degraded, "the version that was active is unknown: ")
	assert.Contains(t, string(s.do("GET", "/", nil, key(operatorKey)).body), "degraded")
	require.Equal(t, http.StatusNoContent, s.change("DELETE bad").status)
	require.Equal(t, http.StatusOK, s.change("POST good/rollback").status)
	ready(http.StatusOK, "ready")
	for _, what := range []string{"nobody/retry", "engine/retry"} {
		assert.Equal(t, map[string]string{"nobody/retry": "not-found", "engine/retry": "reserved-name"}[what], s.change("POST "+what).problem(t).Code)
	}
}

func TestUploadsWithManifests(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	s := start(t, withTenants(t, userAndOperator), withPlugins(t, nil), func(c *serve.Config) {
		c.PublicKeys, c.RequireManifest, c.Grades = []ed25519.PublicKey{public}, true, []string{"stable"}
	})
	wasm := func(version int) []byte { return edition(module(t, "echo"), strconv.Itoa(version)) }
	try := func(path string, version int, change func(*plugin.Manifest), more ...option) answer {
		t.Helper()
		m := plugin.Manifest{Format: 1, Plugin: "p", Version: uint64(version), SHA256: hashOf(wasm(version)), Grade: "stable"}
		if change != nil {
			change(&m)
		}
		text, err := json.Marshal(m)
		require.NoError(t, err)
		options := append([]option{
			contentType("application/wasm"), key(operatorKey),
			header("Plugin-Manifest", base64.StdEncoding.EncodeToString(text)),
			header("Plugin-Manifest-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(private, text))),
		}, more...)
		return s.do("POST", "/v1/admin/plugins/p/versions"+path, wasm(version), options...)
	}
	a := try("", 7, nil)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	assert.Contains(t, string(a.body), `"manifest":{"version":7,"grade":"stable"}`)
	for what, a := range map[string]answer{
		"an older one":      try("", 6, nil),
		"another plugin's":  try("", 8, func(m *plugin.Manifest) { m.Plugin = "q" }),
		"another grade":     try("", 8, func(m *plugin.Manifest) { m.Grade = "beta" }),
		"another module's":  try("", 8, func(m *plugin.Manifest) { m.SHA256 = hashOf(nil) }),
		"no manifest":       s.upload("p", wasm(8)),
		"too early":         try("", 8, func(m *plugin.Manifest) { m.NotBefore = m.NotBefore.AddDate(9000, 0, 0) }),
		"only a signature":  s.upload("p", wasm(8), header("Plugin-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(private, wasm(8))))),
		"no signature":      try("", 8, nil, header("Plugin-Manifest-Signature", "")),
		"a wrong signature": try("", 8, nil, header("Plugin-Manifest-Signature", base64.StdEncoding.EncodeToString(make([]byte, 64)))),
	} {
		assert.Equal(t, http.StatusForbidden, a.status, "%s: %s", what, a.body)
		code := "manifest-refused"
		if what == "no signature" || what == "a wrong signature" {
			code = "signature-refused"
		}
		assert.Equal(t, code, a.problem(t).Code, what)
	}
	assert.Equal(t, "invalid-parameter", try("", 8, nil, header("Plugin-Manifest", "!")).problem(t).Code)
	assert.Equal(t, hashOf(wasm(7)), s.status("p").Active)
	assert.Equal(t, http.StatusOK, try("?allow_older=true", 6, nil).status)
	assert.Equal(t, hashOf(wasm(6)), s.status("p").Active)
	require.Equal(t, http.StatusOK, s.change("POST p/rollback").status)
	assert.Equal(t, hashOf(wasm(7)), s.status("p").Active)
}

func TestManifestsNeedKeys(t *testing.T) {
	t.Parallel()
	config := serve.Defaults()
	config.RequireManifest = true
	require.ErrorContains(t, config.Check(), "need PublicKeys")
}
