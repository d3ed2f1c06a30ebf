package serve_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
)

// status is what the API says of a plugin.
type status struct {
	Name, Active, Breaker, Degraded string
	RollbackTo                      string `json:"rollback_to"`
	LoadError                       string `json:"load_error"`
	Failures                        []struct{ SHA256, File, Reason string }
	Versions                        []struct {
		SHA256, State, Grade string
		SignedBy             string `json:"signed_by"`
		Grants               []string
	}
}

func (s *service) status(name string) status {
	s.t.Helper()
	a := s.do("GET", "/v1/admin/plugins/"+name, nil, key(operatorKey))
	require.Equal(s.t, http.StatusOK, a.status, "%s", a.body)
	var out status
	require.NoError(s.t, json.Unmarshal(a.body, &out))
	return out
}

func (s *service) change(what string) answer {
	s.t.Helper()
	method, path := split(what)
	return s.do(method, "/v1/admin/plugins/"+path, nil, key(operatorKey))
}

func TestUploadedVersionsSurviveARestart(t *testing.T) {
	t.Parallel()
	wasm := engineModule(t)
	first, second, third := edition(wasm, "first"), edition(wasm, "second"), edition(wasm, "third")
	dir := t.TempDir()
	configure := []func(*serve.Config){withTenants(t, userAndOperator), func(c *serve.Config) { c.PluginsDir = dir }}
	s := start(t, configure...)
	for _, wasm := range [][]byte{first, second} {
		a := s.upload("p", wasm, header("Plugin-SHA256", strings.ToUpper(hashOf(wasm))))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		require.Equal(t, hashOf(wasm), s.status("p").Active)
	}
	a := s.do("POST", "/v1/admin/plugins/p/versions?activate=false", third, contentType("application/wasm"), key(operatorKey))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	assert.Equal(t, hashOf(second), s.status("p").Active, "the third stands by")
	aggregate := func() string {
		a := s.post("p", "aggregate", jsonType, []byte(`[[1,0.1],[2,0.2]]`), key(userKey))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		return string(a.body)
	}
	before := aggregate()
	restart := func() {
		t.Helper()
		was := s.status("p")
		require.NoError(t, s.stop())
		s = start(t, configure...)
		is := s.status("p")
		assert.Equal(t, was.Active, is.Active)
		assert.Equal(t, was.RollbackTo, is.RollbackTo)
		assert.Len(t, is.Versions, len(was.Versions))
		assert.Equal(t, before, aggregate())
	}
	restart()
	require.Equal(t, http.StatusOK, s.change("POST p/rollback").status)
	assert.Equal(t, hashOf(first), s.status("p").Active)
	restart()
	require.Equal(t, http.StatusOK, s.change("POST p/versions/"+hashOf(third)+"/activate").status)
	assert.Equal(t, hashOf(third), s.status("p").Active)
	restart()
	require.Equal(t, http.StatusOK, s.change("POST p/rollback").status, "a rollback works after a restart")
	assert.Equal(t, hashOf(first), s.status("p").Active)

	fourth := edition(wasm, "fourth")
	require.Equal(t, http.StatusOK, s.upload("p", fourth).status)
	modules, err := filepath.Glob(filepath.Join(dir, ".uploads", "p", "*.wasm"))
	require.NoError(t, err)
	assert.Len(t, modules, 3, "what the history has dropped is removed")
	restart()

	require.Equal(t, http.StatusNoContent, s.change("DELETE p").status)
	assert.Equal(t, "not-found", s.post("p", "aggregate", jsonType, []byte(`[[1,2]]`), key(userKey)).problem(t).Code)
	require.NoError(t, s.stop())
	s = start(t, configure...)
	assert.Equal(t, "not-found", s.change("GET p").problem(t).Code)
	entries, err := os.ReadDir(filepath.Join(dir, ".uploads"))
	require.NoError(t, err)
	assert.Empty(t, entries)
}

func TestRefusedUploadsChangeNothing(t *testing.T) {
	t.Parallel()
	wasm := engineModule(t)
	dir := t.TempDir()
	s := start(t, withTenants(t, userAndOperator), func(c *serve.Config) {
		c.PluginsDir = dir
		c.Limits.MaxModuleBytes = 1 << 20
	})
	require.Equal(t, http.StatusOK, s.upload("p", wasm).status)
	for _, test := range []struct {
		what   string
		answer answer
		status int
		code   string
	}{
		{"not a module", s.upload("p", []byte("no")), 422, "contract-not-met"},
		{"no bytes", s.upload("p", nil), 422, "contract-not-met"},
		{"half of a module", s.upload("p", wasm[:len(wasm)/2]), 422, "contract-not-met"},
		{"imports", s.upload("p", module(t, "imports_function")), 422, "contract-not-met"},
		{"wrong answers", s.upload("p", module(t, "echo")), 422, "self-test-failed"},
		{"traps at its start", s.upload("p", module(t, "start_traps")), 422, "cannot-start"},
		{"another hash", s.upload("p", edition(wasm, "x"), header("Plugin-SHA256", hashOf(wasm))), 422, "wrong-hash"},
		{"a hash that is none", s.upload("p", wasm, header("Plugin-SHA256", "12")), 400, "invalid-parameter"},
		{"a signature for which there is no key", s.upload("p", wasm, header("Plugin-Signature", base64.StdEncoding.EncodeToString(make([]byte, 64)))), 403, "signature-refused"},
		{"a signature that is none", s.upload("p", wasm, header("Plugin-Signature", "!")), 400, "invalid-parameter"},
		{"another media type", s.upload("p", wasm, contentType("application/json")), 415, "unsupported-media-type"},
		{"too large a module", s.upload("p", make([]byte, 1<<20+1)), 422, "cannot-start"},
		{"the engine's name", s.upload("engine", wasm), 409, "reserved-name"},
		{"a name that is none", s.upload("%2e%2e", wasm), 400, "invalid-parameter"},
		{"a user", s.upload("p", wasm, key(userKey)), 403, "not-admin"},
		{"no such version", s.change("POST p/versions/" + strings.Repeat("0", 64) + "/activate"), 404, "not-found"},
		{"nothing to roll back to", s.change("POST p/rollback"), 404, "not-found"},
		{"no such plugin", s.change("POST q/rollback"), 404, "not-found"},
		{"no such plugin", s.change("DELETE q"), 404, "not-found"},
		{"no such plugin", s.change("POST q/reset"), 404, "not-found"},
		{"the engine", s.change("DELETE engine"), 409, "reserved-name"},
	} {
		assert.Equal(t, test.status, test.answer.status, "%s: %s", test.what, test.answer.body)
		assert.Equal(t, test.code, test.answer.problem(t).Code, "%s: %s", test.what, test.answer.body)
	}
	st := s.status("p")
	assert.Equal(t, hashOf(wasm), st.Active)
	assert.Len(t, st.Versions, 1)
	files, err := filepath.Glob(filepath.Join(dir, ".uploads", "*", "*"))
	require.NoError(t, err)
	assert.Len(t, files, 2, "the module and which is active: %v", files)

	without := start(t, withTenants(t, userAndOperator))
	assert.Equal(t, "no-directory", without.upload("p", wasm).problem(t).Code)
}

func TestSignedUploads(t *testing.T) {
	t.Parallel()
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	wasm := engineModule(t)
	dir := t.TempDir()
	byHand := edition(wasm, "by hand")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "signed.wasm"), byHand, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "signed.wasm.sig"), ed25519.Sign(private, byHand), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "unsigned.wasm"), byHand, 0o600))
	configure := []func(*serve.Config){withTenants(t, userAndOperator), func(c *serve.Config) {
		c.PluginsDir = dir
		c.PublicKeys = []ed25519.PublicKey{public}
	}}
	s := start(t, configure...)
	signature := func(wasm []byte) option {
		return header("Plugin-Signature", base64.StdEncoding.EncodeToString(ed25519.Sign(private, wasm)))
	}
	assert.Equal(t, "signature-refused", s.upload("p", wasm).problem(t).Code)
	assert.Equal(t, "signature-refused", s.upload("p", wasm, signature(byHand)).problem(t).Code)
	a := s.upload("p", wasm, signature(wasm))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	assert.NotEmpty(t, s.status("p").Versions[0].SignedBy)
	assert.Equal(t, hashOf(byHand), s.status("signed").Active)
	assert.Empty(t, s.status("unsigned").Active)
	require.Len(t, s.status("unsigned").Failures, 1, "it is shown")
	assert.Contains(t, s.status("unsigned").Failures[0].Reason, "signature rejected")
	assert.Equal(t, 1, strings.Count(s.log.String(), `"plugin":"unsigned"`), "one line in the log: %s", s.log)
	assert.Contains(t, s.log.String(), `"msg":"plugin not loaded","plugin":"unsigned"`)

	require.NoError(t, s.stop())
	s = start(t, configure...)
	assert.Equal(t, hashOf(wasm), s.status("p").Active, "the signature is kept too")
	require.NoError(t, s.stop())
	uploaded := filepath.Join(dir, ".uploads", "p", hashOf(wasm)+".wasm")
	require.NoError(t, os.WriteFile(uploaded, edition(wasm, "tampered"), 0o600))
	s = start(t, configure...)
	assert.Empty(t, s.status("p").Active, "a file that was changed is not served")
	require.Len(t, s.status("p").Failures, 1)
	assert.Contains(t, s.status("p").Failures[0].Reason, "wrong SHA-256")
	require.Equal(t, http.StatusNoContent, s.change("DELETE p").status, "and can be removed all the same")
	assert.NoFileExists(t, uploaded)
}

func TestLimitsOfAPluginAreAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("good.wasm", string(engineModule(t)))
	write("good.json", `{"memory_mib": 2}`)
	write("bad.wasm", string(engineModule(t)))
	write("bad.json", `{"memory": 2}`)
	write("engine.wasm", string(engineModule(t)))
	s := start(t, withTenants(t, userAndOperator), func(c *serve.Config) { c.PluginsDir = dir })
	big := make([]byte, 4<<20)
	assert.Equal(t, "memory-limit", s.post("good", "process-batch", packedType, big, key(userKey)).problem(t).Code)
	assert.Equal(t, http.StatusOK, s.post("engine", "process-batch", packedType, big, key(userKey), header("Accept", packedType)).status)
	assert.Empty(t, s.status("bad").Active)
	assert.Contains(t, s.status("bad").Failures[0].Reason, "unknown field")
	assert.Contains(t, s.log.String(), `unknown field`)
	assert.Contains(t, s.log.String(), "the name belongs to the embedded engine")
}

func TestGrantsOfAPluginAreInItsFile(t *testing.T) {
	t.Parallel()
	wasm, err := os.ReadFile("../../../../testdata/wasi.wasm")
	require.NoError(t, err)
	modules := withPlugins(t, map[string][]byte{"granted": wasm, "bare": wasm})
	grants := fmt.Sprintf(`{"grants": ["clock", "random=seed:7", "files=%s"]}`, t.TempDir())
	s := start(t, withTenants(t, userAndOperator), modules, func(c *serve.Config) {
		require.NoError(t, os.WriteFile(filepath.Join(c.PluginsDir, "granted.json"), []byte(grants), 0o600))
	})
	assert.NotEmpty(t, s.status("granted").Active)
	assert.Contains(t, s.status("granted").Versions[0].Grants, "random=seed:7")
	assert.Empty(t, s.status("bare").Active)
	assert.Contains(t, s.status("bare").Failures[0].Reason, "which is not granted")
}

func TestVersionsSwapUnderCalls(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, userAndOperator), func(c *serve.Config) { c.PluginsDir = t.TempDir() })
	wasm := engineModule(t)
	require.Equal(t, http.StatusOK, s.upload("p", edition(wasm, "0")).status)
	list := somePoints(500)
	body := bodies(t, list)[packedType]
	want := string(s.post("engine", "aggregate", packedType, body, key(userKey)).body)
	var (
		callers sync.WaitGroup
		ended   atomic.Bool
		calls   atomic.Int64
	)
	for range 4 {
		callers.Go(func() {
			for !ended.Load() {
				a, err := s.try("POST", "/v1/plugins/p/aggregate", body, contentType(packedType), key(userKey))
				if !assert.NoError(t, err) || !assert.Equal(t, want, string(a.body)) {
					return
				}
				calls.Add(1)
			}
		})
	}
	for i := range 6 {
		seen := calls.Load()
		a := s.upload("p", edition(wasm, string(rune('1'+i))))
		assert.Equal(t, http.StatusOK, a.status, "%s", a.body)
		assert.Equal(t, http.StatusOK, s.change("POST p/rollback").status)
		assert.Equal(t, http.StatusUnprocessableEntity, s.upload("p", wasm[:1000+i]).status)
		require.Eventually(t, func() bool { return calls.Load() > seen || t.Failed() }, eventually, tick, "calls go on")
	}
	ended.Store(true)
	callers.Wait()
	st := s.status("p")
	assert.Equal(t, hashOf(edition(wasm, "0")), st.Active)
}

func TestAModuleReplacedByHandIsServed(t *testing.T) {
	t.Parallel()
	wasm := engineModule(t)
	dir := t.TempDir()
	put := func(wasm []byte) {
		t.Helper()
		temporary := filepath.Join(t.TempDir(), "p.wasm")
		require.NoError(t, os.WriteFile(temporary, wasm, 0o600))
		require.NoError(t, os.Rename(temporary, filepath.Join(dir, "p.wasm")))
	}
	byHand, uploaded, anotherByHand := edition(wasm, "by hand"), edition(wasm, "uploaded"), edition(wasm, "another by hand")
	put(byHand)
	configure := []func(*serve.Config){withTenants(t, userAndOperator), func(c *serve.Config) { c.PluginsDir = dir }}
	s := start(t, configure...)
	assert.Equal(t, hashOf(byHand), s.status("p").Active)
	require.Equal(t, http.StatusOK, s.upload("p", uploaded).status)
	restart := func(active, rollbackTo []byte) {
		t.Helper()
		require.NoError(t, s.stop())
		s = start(t, configure...)
		assert.Equal(t, hashOf(active), s.status("p").Active)
		if rollbackTo != nil {
			assert.Equal(t, hashOf(rollbackTo), s.status("p").RollbackTo)
		}
	}
	restart(uploaded, byHand)
	require.NoError(t, s.stop())
	put(anotherByHand)
	restart(anotherByHand, nil)
	require.Equal(t, http.StatusOK, s.change("POST p/versions/"+hashOf(uploaded)+"/activate").status)
	restart(uploaded, anotherByHand)

	// The same while the service runs, when it watches.
	configure = append(configure, func(c *serve.Config) { c.WatchPlugins = true })
	restart(uploaded, anotherByHand)
	put(byHand)
	require.Eventually(t, func() bool { return s.status("p").Active == hashOf(byHand) }, eventually, 20*tick)
	restart(byHand, nil)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "engine.wasm"), wasm, 0o600))
	require.Eventually(t, func() bool { return strings.Contains(s.log.String(), `"plugin":"engine","error"`) }, eventually, 20*tick)
	assert.Equal(t, gohost.EngineHash(), s.status("engine").Active, "the engine stays the program's own")
}
