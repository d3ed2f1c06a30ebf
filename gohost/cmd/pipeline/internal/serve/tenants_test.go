package serve_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
)

func TestKeysAndRights(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, `{"tenants": [
		{"name": "user", "keys": ["sha256:0000000000000000000000000000000000000000000000000000000000000000", "KEY(a-user's-key)"], "plugins": ["engine"]},
		{"name": "operator", "keys": ["KEY(an-operator's-key)"], "plugins": [], "admin": true}]}`),
		withPlugins(t, map[string][]byte{"echo": module(t, "echo")}))
	user, operator := key(userKey), key(operatorKey)
	basic := func(k string) option { return func(r *http.Request) { r.SetBasicAuth("anybody", k) } }
	none := func(*http.Request) {}
	call := func(plugin string) string { return "POST /v1/plugins/" + plugin + "/process-batch" }
	const list, page, metrics, known = "GET /v1/admin/plugins", "GET /", "GET /metrics", "GET /v1/plugins"
	for _, test := range []struct {
		what   string
		who    option
		status int
		code   string
	}{
		{call("engine"), user, 200, ""},
		{call("engine"), none, 401, "no-key"},
		{call("engine"), key("another"), 401, "unknown-key"},
		{call("engine"), key(""), 401, "no-key"},
		{call("engine"), basic(userKey), 401, "no-key"},
		{call("engine"), header("Authorization", "bearer "+userKey), 200, ""},
		{call("engine"), header("Authorization", userKey), 401, "no-key"},
		{call("echo"), user, 403, "plugin-not-allowed"},
		{call("nobody"), user, 403, "plugin-not-allowed"},
		{call("engine"), operator, 403, "plugin-not-allowed"},
		{list, operator, 200, ""},
		{list, user, 403, "not-admin"},
		{list, none, 401, "no-key"},
		{list, basic(operatorKey), 401, "no-key"},
		{page, operator, 200, ""},
		{page, basic(operatorKey), 200, ""},
		{page, basic(userKey), 403, "not-monitor"},
		{page, none, 401, "no-key"},
		{metrics, basic(operatorKey), 200, ""},
		{metrics, user, 403, "not-monitor"},
		{known, user, 200, ""},
		{known, none, 401, "no-key"},
		{"GET /healthz", none, 200, ""},
		{"GET /readyz", none, 200, ""},
		{"GET /openapi.json", none, 200, ""},
		{"GET /nothing", none, 404, "no-route"},
	} {
		method, path := split(test.what)
		a := s.do(method, path, batch(0), contentType(packedType), test.who)
		assert.Equal(t, test.status, a.status, "%s: %s", test.what, a.body)
		if test.code != "" {
			assert.Equal(t, test.code, a.problem(t).Code, test.what)
		}
		if test.status == http.StatusUnauthorized {
			assert.NotEmpty(t, a.header.Get("WWW-Authenticate"))
		}
	}
	assert.NotContains(t, string(s.do("GET", "/v1/plugins", nil, user).body), "echo")
}

// An admin for whom plugins are named may change those and no others; one for
// whom none are named may change them all.
func TestAnAdminIsOneOfThePluginsThatAreNamed(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, `{"tenants": [
		{"name": "of-a", "keys": ["KEY(a-user's-key)"], "plugins": ["a", "c"], "admin": true},
		{"name": "of-all", "keys": ["KEY(an-operator's-key)"], "admin": true}]}`),
		withPlugins(t, map[string][]byte{"a": module(t, "echo"), "b": module(t, "echo")}))
	wasm := module(t, "echo")
	other := edition(wasm, "other")
	ofA, ofAll := key(userKey), key(operatorKey)
	wasmType := contentType("application/wasm")
	for _, test := range []struct {
		method, path string // behind the plugin's
		status       int    // for one who may
	}{
		{"GET", "", http.StatusOK},
		{"POST", "/versions", http.StatusOK},
		{"POST", "/versions/" + hashOf(wasm) + "/activate", http.StatusOK},
		{"POST", "/rollback", http.StatusOK},
		{"POST", "/reset", http.StatusNoContent},
		{"POST", "/retry", http.StatusOK},
		{"DELETE", "", http.StatusNoContent},
	} {
		do := func(plugin string, who option) answer {
			return s.do(test.method, "/v1/admin/plugins/"+plugin+test.path, other, wasmType, who)
		}
		for _, plugin := range []string{"b", "engine", "d"} {
			a := do(plugin, ofA)
			assert.Equal(t, http.StatusForbidden, a.status, "%s %s of %s: %s", test.method, test.path, plugin, a.body)
			assert.Equal(t, "plugin-not-allowed", a.problem(t).Code)
		}
		for plugin, who := range map[string]option{"a": ofA, "b": ofAll} {
			a := do(plugin, who)
			assert.Equal(t, test.status, a.status, "%s %s of %s: %s", test.method, test.path, plugin, a.body)
		}
		if test.method != http.MethodDelete {
			list := string(s.do("GET", "/v1/admin/plugins", nil, ofA).body)
			assert.Contains(t, list, `"name":"a"`)
			assert.NotContains(t, list, `"name":"b"`)
			assert.NotContains(t, list, `"name":"engine"`)
			list = string(s.do("GET", "/v1/admin/plugins", nil, ofAll).body)
			assert.Contains(t, list, `"name":"b"`)
			assert.Contains(t, list, `"name":"engine"`)
		}
	}
	assert.Equal(t, http.StatusOK, s.do("POST", "/v1/admin/plugins/c/versions", other, wasmType, ofA).status, "a new plugin that is named")
	assert.Equal(t, http.StatusForbidden, s.do("POST", "/v1/admin/plugins/d/versions", other, wasmType, ofA).status)
	// What shows all plugins is for those who may see them all.
	for _, path := range []string{"/", "/metrics"} {
		assert.Equal(t, "not-monitor", s.do("GET", path, nil, ofA).problem(t).Code)
		assert.Equal(t, http.StatusOK, s.do("GET", path, nil, ofAll).status)
	}
}

func TestTenantsHaveLimits(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, `{"tenants": [
		{"name": "user", "keys": ["KEY(a-user's-key)"], "plugins": ["*"], "requests_per_second": 0.0001, "burst": 2, "max_body_bytes": 16},
		{"name": "operator", "keys": ["KEY(an-operator's-key)"], "plugins": ["*"], "max_concurrent": 1}]}`))
	a := s.post("engine", "aggregate", packedType, make([]byte, 32), key(userKey))
	assert.Equal(t, "body-too-large", a.problem(t).Code)
	assert.Equal(t, http.StatusOK, s.post("engine", "aggregate", packedType, batch(0), key(userKey)).status)
	for range 3 { // what is refused does not count
		a = s.post("engine", "aggregate", packedType, batch(0), key(userKey))
		assert.Equal(t, http.StatusTooManyRequests, a.status)
		assert.Equal(t, "rate-limit", a.problem(t).Code)
		wait, err := strconv.Atoi(a.header.Get("Retry-After"))
		require.NoError(t, err)
		assert.InDelta(t, 10_000, wait, 1000, "one request in 10,000 s")
	}

	body := newBlocked()
	t.Cleanup(body.release)
	first := make(chan int, 1)
	go func() {
		r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/v1/plugins/engine/checksum?expected=0", body)
		assert.NoError(t, err)
		key(operatorKey)(r)
		response, err := s.client.Do(r)
		if assert.NoError(t, err) {
			assert.NoError(t, response.Body.Close())
			first <- response.StatusCode
		}
	}()
	require.Eventually(t, func() bool { return s.used().Slots == 1 }, eventually, tick)
	a = s.post("engine", "aggregate", packedType, batch(0), key(operatorKey))
	assert.Equal(t, http.StatusTooManyRequests, a.status)
	assert.Equal(t, "too-many-requests", a.problem(t).Code)
	assert.NotEmpty(t, a.header.Get("Retry-After"))
	// The response does not wait for a body that never arrives.
	other := newBlocked()
	t.Cleanup(other.release)
	a, err := s.send(t.Context(), "/v1/plugins/engine/checksum?expected=0", other, key(operatorKey))
	require.NoError(t, err)
	assert.Equal(t, "too-many-requests", a.problem(t).Code)
	body.release()
	assert.Equal(t, http.StatusOK, <-first)
	assert.Equal(t, http.StatusOK, s.post("engine", "aggregate", packedType, batch(0), key(operatorKey)).status)
}

func TestKeysAreReadAgain(t *testing.T) {
	t.Parallel()
	var file string
	s := start(t, withTenants(t, userAndOperator), func(c *serve.Config) { file = c.KeysFile })
	known := func(k string) int { return s.do("GET", "/v1/plugins", nil, key(k)).status }
	assert.Equal(t, http.StatusOK, known(userKey))
	writeTenants(t, file, `{"tenants": [{"name": "operator", "keys": ["KEY(an-operator's-key)"], "plugins": ["*"]}]}`)
	require.NoError(t, s.server.Reload())
	assert.Equal(t, http.StatusUnauthorized, known(userKey))
	assert.Equal(t, http.StatusOK, known(operatorKey))
	writeTenants(t, file, `{`)
	require.Error(t, s.server.Reload())
	assert.Equal(t, http.StatusOK, known(operatorKey), "the old keys stay")
}

func TestFilesOfKeysThatMakeNoSense(t *testing.T) {
	t.Parallel()
	const hash = `"sha256:0000000000000000000000000000000000000000000000000000000000000000"`
	for text, says := range map[string]string{
		``:                   "EOF",
		"{\n\n\"tenants\"":   "unexpected EOF",
		"{\n\"tenant\": []}": `unknown field "tenant"`,
		`{"tenants": []}`:    "no tenants",
		`{"tenants": []} 1`:  "nothing after",
		`{"tenants": [{"name": "A", "keys": [` + hash + `], "plugins": ["*"]}]}`:                                                          "must match",
		`{"tenants": [{"name": "a", "plugins": ["*"]}]}`:                                                                                  "no keys",
		`{"tenants": [{"name": "a", "keys": ["secret"], "plugins": ["*"]}]}`:                                                              "expected sha256:",
		`{"tenants": [{"name": "a", "keys": [` + hash + `]}]}`:                                                                            "may do nothing",
		`{"tenants": [{"name": "a", "keys": [` + hash + `], "plugins": ["*"], "requests_per_second": -1}]}`:                               "requests_per_second",
		`{"tenants": [{"name": "a", "keys": [` + hash + `], "plugins": ["*"], "burst": 5}]}`:                                              "burst",
		`{"tenants": [{"name": "a", "keys": [` + hash + `], "plugins": ["*"]}, {"name": "b", "keys": [` + hash + `], "plugins": ["*"]}]}`: `also one of "a"`,
		`{"tenants": [{"name": "a", "keys": [` + hash + `], "plugins": ["*"]}, {"name": "a", "keys": [], "plugins": ["*"]}]}`:             "not unique",
		`{"tenants": [{"name": "a", "keys": [` + hash + `], "plugins": ["*"], "max_body_byte": 1}]}`:                                      `unknown field "max_body_byte"`,
		"{\"tenants\": [{\"name\": \"a\", \"keys\": [" + hash + "],\n\"plugins\": [\"*\"], \"max_body_bytes\": \"1\"}]}":                  "line 2",
	} {
		file := filepath.Join(t.TempDir(), "keys.json")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		config := serve.Defaults()
		config.KeysFile = file
		_, err := serve.New(t.Context(), config)
		if assert.Error(t, err, text) {
			assert.ErrorContains(t, err, says)
			assert.ErrorContains(t, err, file)
			assert.NotContains(t, err.Error(), "secret")
		}
	}
}

func TestServingAllIsForLoopbackOnly(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"127.0.0.1:80", "localhost:8080", "[::1]:0"} {
		assert.NoError(t, serve.CheckOpen(address))
	}
	for _, address := range []string{":8080", "0.0.0.0:80", "10.0.0.1:80", "example.org:80", "80"} {
		assert.Error(t, serve.CheckOpen(address), address)
	}
}
