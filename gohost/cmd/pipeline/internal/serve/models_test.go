package serve_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/examples/plugins/inference/prose"
	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
)

// modelsModule implements all worlds of models; testdata/models.wat says what its inputs mean.
func modelsModule(t *testing.T) []byte {
	t.Helper()
	wasm, err := os.ReadFile("testdata/models.wasm")
	require.NoError(t, err)
	return wasm
}

func magikaModule(t *testing.T) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../../../../../examples/plugins/inference/magika/magika.wasm")
	require.NoError(t, err)
	return wasm
}

// withModels gives the service a directory and tenants.
func withModels(t *testing.T) []func(*serve.Config) {
	t.Helper()
	dir := t.TempDir()
	return []func(*serve.Config){withTenants(t, userAndOperator), func(c *serve.Config) { c.PluginsDir = dir }}
}

// uploadModel uploads a version of a model as the operator.
func (s *service) uploadModel(world, name string, wasm []byte, options ...option) answer {
	s.t.Helper()
	return s.do("POST", "/v1/admin/plugins/"+name+"/versions?world="+world, wasm, append([]option{contentType("application/wasm"), key(operatorKey)}, options...)...)
}

type classification struct {
	Labels []struct {
		Label       string
		Probability float64
	}
}

func TestClassify(t *testing.T) {
	t.Parallel()
	configure := withModels(t)
	s := start(t, configure...)
	a := s.uploadModel("classifier", "magika", magikaModule(t))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	ask := func(s *service, query string, body []byte) classification {
		t.Helper()
		a := s.do("POST", "/v1/classifiers/magika/classify"+query, body, key(userKey))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var c classification
		require.NoError(t, json.Unmarshal(a.body, &c))
		return c
	}
	page := []byte("<!doctype html>\n<html><head><title>A page</title></head><body><p>Text.</p></body></html>\n")
	c := ask(s, "?top=3", page)
	require.Len(t, c.Labels, 3)
	assert.Equal(t, "html", c.Labels[0].Label)
	assert.Greater(t, c.Labels[0].Probability, c.Labels[1].Probability)
	assert.Len(t, ask(s, "", nil).Labels, 1, "an empty body has an answer too")
	long := append(append([]byte{}, page...), make([]byte, 1<<20)...)
	long = append(long, page...)
	assert.Equal(t, ask(s, "?top=214", long), ask(s, "?top=1000&ends=4096", long), "the model looks at the ends")

	// It is there after a restart, and in what lists plugins.
	require.NoError(t, s.stop())
	s = start(t, configure...)
	assert.Equal(t, c, ask(s, "?top=3", page))
	a = s.do("GET", "/v1/plugins", nil, key(userKey))
	assert.Contains(t, string(a.body), `{"name":"magika","world":"classifier","active":"`+hashOf(magikaModule(t))+`","has_summary":false}`)
	assert.Contains(t, string(a.body), `{"name":"anomaly","world":"detector"`)
	a = s.do("GET", "/metrics", nil, key(operatorKey))
	assert.Contains(t, string(a.body), `compute_pipeline_call_duration_seconds_count{function="classify",outcome="ok",plugin="classifiers/magika"} 1`)
	assert.Contains(t, string(a.body), `compute_pipeline_plugin_info{plugin="detectors/anomaly",`)
	a = s.do("GET", "/", nil, key(operatorKey))
	assert.Contains(t, string(a.body), "<h2>classifiers/magika <")

	for query, detail := range map[string]string{"?top=0": "top", "?top=1001": "top", "?ends=-1": "ends", "?ends=2000000000": "ends", "?tops=1": "tops"} {
		a := s.do("POST", "/v1/classifiers/magika/classify"+query, page, key(userKey))
		assert.Equal(t, "invalid-parameter", a.problem(t).Code)
		assert.Contains(t, a.problem(t).Detail, detail)
	}
	a = s.do("POST", "/v1/classifiers/magika/classify", make([]byte, 100<<20), key(userKey))
	assert.Equal(t, "body-too-large", a.problem(t).Code)
	a = s.do("POST", "/v1/classifiers/other/classify", page, key(userKey))
	assert.Equal(t, "not-found", a.problem(t).Code)
}

// What a model returns may be anything, and so may what it does.
func TestHostileModels(t *testing.T) {
	t.Parallel()
	s := start(t, append(withModels(t), func(c *serve.Config) { c.EmbedderFuel = c.ModelFuel })...) // what never ends takes it all
	for _, world := range []string{"classifier", "detector", "embedder"} {
		a := s.uploadModel(world, "m", modelsModule(t))
		require.Equal(t, http.StatusOK, a.status, "%s: %s", world, a.body)
	}
	classify := func(body string) answer {
		return s.do("POST", "/v1/classifiers/m/classify", []byte(body), key(userKey))
	}
	embed := func(body string) answer {
		return s.do("POST", "/v1/embedders/m/embed", []byte(body), key(userKey), contentType("text/plain; charset=utf-8"))
	}
	detect := func(body string) answer {
		packed := gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: uint64(append([]byte(body), 0)[0]), Value: 1})
		return s.do("POST", "/v1/detectors/m/detect", packed, key(userKey), contentType(packedType))
	}
	for _, c := range []struct {
		do     func(string) answer
		body   string
		status int
		says   string
	}{
		{classify, "x", 200, `"labels":[{"label":"thing","probability":0.5}]`},
		{classify, "", 200, `"thing"`},
		{classify, "n", 502, `"code":"contract-not-met"`},
		{classify, "e", 422, `"detail":"error: invalid-input: no"`},
		{classify, "l", 422, `"code":"limit"`},
		{classify, "t", 502, `"code":"trap"`},
		{classify, "m", 502, "the model returned 3 labels; expected at most 1"},
		{classify, strings.Repeat("x", 7<<20), 200, `"thing"`},
		{embed, "x", 200, `{"vector":[1,0.5]}`},
		{embed, "", 200, `{"vector":[0,0.5]}`},
		{embed, "nn", 200, `{"vector":[2,"NaN"]}`},
		{embed, "e", 422, `"detail":"error: too-large: no"`},
		{embed, "l", 422, `"code":"limit"`},
		{embed, "t", 502, `"code":"trap"`},
		{embed, "\xff", 400, `"detail":"the text is not UTF-8"`},
		{detect, "x", 200, `"findings":[{"first":1,"last":2,"kind":"unknown","score":0.5}]`},
		{detect, "n", 502, `"code":"contract-not-met"`},
		{detect, "e", 422, `"detail":"error: invalid-input: no"`},
		{detect, "s", 400, `"detail":"the header Pipeline-State: no"`},
		{detect, "l", 422, `"code":"limit"`},
		{detect, "t", 502, `"code":"trap"`},
		{detect, "m", 502, "the detector returned 3 findings in 1 points"},
	} {
		// The breaker is not what this is about.
		for _, world := range []string{"classifier", "detector", "embedder"} {
			a := s.do("POST", "/v1/admin/plugins/m/reset?world="+world, nil, key(operatorKey))
			require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
		}
		a := c.do(c.body)
		assert.Equal(t, c.status, a.status, "%.1q: %s", c.body, a.body)
		assert.Contains(t, string(a.body), c.says, "%.1q", c.body)
	}
	a := s.do("POST", "/v1/embedders/m/embed", []byte("x"), key(userKey), contentType(jsonType))
	assert.Equal(t, "unsupported-media-type", a.problem(t).Code)

	for _, path := range []string{"classifiers/m/classify?top=1&top=2", "embedders/m/embed?x=1&x=2"} {
		a = s.do("POST", "/v1/"+path, []byte("x"), key(userKey), contentType("text/plain"))
		assert.Equal(t, "invalid-parameter", a.problem(t).Code)
	}

	// It opens after failures, as for every plugin: each request of a detector is one call.
	require.Equal(t, http.StatusNoContent, s.do("POST", "/v1/admin/plugins/m/reset?world=detector", nil, key(operatorKey)).status)
	for range 5 {
		a = detect("t")
	}
	assert.Equal(t, 502, a.status)
	assert.Equal(t, "breaker-open", detect("x").problem(t).Code)
	for range 20 {
		a = classify("t")
	}
	assert.Equal(t, "breaker-open", a.problem(t).Code)
	assert.Equal(t, http.StatusOK, embed("x").status)
}

// An embedder takes the longest text that it says, and one that is longer is no fault of it: whatever one
// tenant sends, it serves the others.
func TestAnEmbedderTakesLongTexts(t *testing.T) {
	t.Parallel()
	s := start(t, withModels(t)...)
	a := s.uploadModel("embedder", "prose", prose.EmbedderModule())
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	embed := func(text string) answer {
		return s.do("POST", "/v1/embedders/prose/embed", []byte(text), key(userKey), contentType("text/plain"))
	}
	for _, text := range []string{strings.Repeat("a", 7<<20), strings.Repeat("the ", 15<<10)} {
		for range 6 {
			a := embed(text)
			require.Equal(t, "refused-by-guest", a.problem(t).Code, "%s", a.body)
			assert.Contains(t, a.problem(t).Detail, "4096")
		}
	}
	a = embed(strings.Repeat("Read reads up to len(p) bytes into p. ", 30)) // 1.6e9 units
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	var got struct{ Vector []float64 }
	require.NoError(t, json.Unmarshal(a.body, &got))
	square := 0.0
	for _, x := range got.Vector {
		square += x * x
	}
	assert.Len(t, got.Vector, 64)
	assert.InDelta(t, 1, square, 1e-5)
}

// What a tenant sends is no fault of the model if it has no room in an instance, and the others are
// served. An answer that no model may give is its fault, also where calls are counted.
func TestWhoseFaultItIs(t *testing.T) {
	t.Parallel()
	s := start(t, append(withModels(t), func(c *serve.Config) { c.Limits.MemoryMiB = 1 })...)
	for _, world := range []string{"classifier", "detector", "embedder"} {
		a := s.uploadModel(world, "m", modelsModule(t))
		require.Equal(t, http.StatusOK, a.status, "%s: %s", world, a.body)
	}
	classify := func(body string) answer {
		return s.do("POST", "/v1/classifiers/m/classify", []byte(body), key(userKey))
	}
	embed := func(body string) answer {
		return s.do("POST", "/v1/embedders/m/embed", []byte(body), key(userKey), contentType("text/plain"))
	}
	detect := func(body string, options ...option) answer {
		packed := gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: uint64(body[0]), Value: 1})
		return s.do("POST", "/v1/detectors/m/detect", packed, append(options, key(userKey), contentType(packedType))...)
	}
	for range 6 {
		for _, ask := range []func(string) answer{classify, embed} {
			a := ask(strings.Repeat("x", 2<<20))
			require.Equal(t, "memory-limit", a.problem(t).Code, "%s", a.body)
			assert.Equal(t, http.StatusRequestEntityTooLarge, a.status)
			assert.Contains(t, a.problem(t).Detail, "the arguments have no room in its memory")
		}
		// A state that somebody made up may lead to any answer.
		a := detect("n", header("Pipeline-State", "bW9kZWxz"))
		require.Equal(t, "invalid-parameter", a.problem(t).Code, "%s", a.body)
		assert.Contains(t, a.problem(t).Detail, "the header Pipeline-State: with this state, contract not met: the model returned the score NaN")
	}
	for _, a := range []answer{classify("x"), embed("x"), detect("x")} {
		assert.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	a := s.do("GET", "/metrics", nil, key(operatorKey))
	assert.Contains(t, string(a.body), `compute_pipeline_call_duration_seconds_count{function="classify",outcome="invalid_input",plugin="classifiers/m"} 6`)

	for range 9 { // of 16 calls
		classify("n")
		detect("n")
	}
	assert.Equal(t, "breaker-open", classify("x").problem(t).Code)
	assert.Equal(t, "breaker-open", detect("x").problem(t).Code)
	a = s.do("GET", "/metrics", nil, key(operatorKey))
	for _, of := range []string{`function="classify",outcome="contract",plugin="classifiers/m"`, `function="detect",outcome="contract",plugin="detectors/m"`} {
		assert.Regexp(t, `compute_pipeline_call_duration_seconds_count\{`+of+`\} [1-9]`, string(a.body))
	}
}

func TestTheWorldOfAnUploadCounts(t *testing.T) {
	t.Parallel()
	s := start(t, withModels(t)...)
	upload := func(world string, wasm []byte) string {
		a := s.uploadModel(world, "p", wasm)
		require.Equal(t, http.StatusUnprocessableEntity, a.status, "%s", a.body)
		assert.Equal(t, "contract-not-met", a.problem(t).Code)
		return a.problem(t).Detail
	}
	assert.Contains(t, upload("compute-pipeline", anomaly.Module()), "; the module implements the world detector: upload it with world=detector")
	assert.Contains(t, upload("classifier", anomaly.Module()), "world=detector")
	assert.Contains(t, upload("embedder", engineModule(t)), "world=compute-pipeline")
	assert.NotContains(t, upload("embedder", []byte("no module")), "world=")
	assert.Contains(t, upload("embedder", prose.Module()), "; the module implements the world org:inference/generator@0.1.0, which the service does not serve")
	a := s.uploadModel("painter", "p", anomaly.Module())
	assert.Equal(t, "invalid-parameter", a.problem(t).Code)

	// The same name is another plugin in each world.
	require.Equal(t, http.StatusOK, s.uploadModel("detector", "p", modelsModule(t)).status)
	require.Equal(t, http.StatusOK, s.uploadModel("classifier", "p", modelsModule(t)).status)
	a = s.do("DELETE", "/v1/admin/plugins/p?world=classifier", nil, key(operatorKey))
	require.Equal(t, http.StatusNoContent, a.status)
	a = s.do("GET", "/v1/admin/plugins/p?world=classifier", nil, key(operatorKey))
	assert.Equal(t, http.StatusNotFound, a.status)
	a = s.do("GET", "/v1/admin/plugins/p?world=detector", nil, key(operatorKey))
	assert.Equal(t, http.StatusOK, a.status)
	assert.Contains(t, string(a.body), `"world":"detector"`)
}

// The embedded detector is replaced and comes back as every plugin does, also after a restart.
func TestTheEmbeddedDetectorIsAPluginLikeOthers(t *testing.T) {
	t.Parallel()
	configure := withModels(t)
	s := start(t, configure...)
	embedded, other := hashOf(anomaly.Module()), edition(anomaly.Module(), "other")
	active := func() string {
		a := s.do("GET", "/v1/admin/plugins/anomaly?world=detector", nil, key(operatorKey))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		var st status
		require.NoError(t, json.Unmarshal(a.body, &st))
		assert.Empty(t, st.Degraded)
		return st.Active
	}
	assert.Equal(t, embedded, active())
	require.Equal(t, http.StatusOK, s.uploadModel("detector", "anomaly", other).status)
	assert.Equal(t, hashOf(other), active())
	require.NoError(t, s.stop())
	s = start(t, configure...)
	assert.Equal(t, hashOf(other), active())
	a := s.do("POST", "/v1/admin/plugins/anomaly/rollback?world=detector", nil, key(operatorKey))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	assert.Equal(t, embedded, active())
	require.NoError(t, s.stop())
	s = start(t, configure...)
	assert.Equal(t, embedded, active())
	a = s.do("POST", detectPath, series(400, 300), key(userKey), header("Content-Type", jsonType))
	assert.Equal(t, http.StatusOK, a.status, "%s", a.body)

	// It is part of the program, and so it is there after a removal as after a start.
	require.Equal(t, http.StatusOK, s.uploadModel("detector", "anomaly", other).status)
	for range 2 {
		a = s.do("DELETE", "/v1/admin/plugins/anomaly?world=detector", nil, key(operatorKey))
		require.Equal(t, http.StatusNoContent, a.status, "%s", a.body)
		assert.Equal(t, embedded, active())
		a = s.do("GET", "/v1/admin/plugins/anomaly?world=detector", nil, key(operatorKey))
		assert.NotContains(t, string(a.body), hashOf(other))
		a = s.do("POST", detectPath, series(400, 300), key(userKey), header("Content-Type", jsonType))
		assert.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	require.NoError(t, s.stop())
	s = start(t, configure...)
	assert.Equal(t, embedded, active())
}

func TestModelsHaveLimits(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	folder := filepath.Join(dir, "classifiers")
	require.NoError(t, os.Mkdir(folder, 0o700))
	for name, fuel := range map[string]int64{"frugal": 1_000_000, "default": 0} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name+".wasm"), magikaModule(t), 0o600))
		if fuel > 0 {
			require.NoError(t, os.WriteFile(filepath.Join(folder, name+".json"), fmt.Appendf(nil, `{"fuel": %d}`, fuel), 0o600))
		}
	}
	s := start(t, func(c *serve.Config) { c.PluginsDir = dir })
	a := s.do("POST", "/v1/classifiers/frugal/classify", []byte("text"))
	assert.Equal(t, "limit", a.problem(t).Code)
	assert.Contains(t, a.problem(t).Detail, "fuel")
	a = s.do("POST", "/v1/classifiers/default/classify", []byte("text"))
	assert.Equal(t, http.StatusOK, a.status, "%s", a.body)
	s = start(t, func(c *serve.Config) { c.PluginsDir, c.ModelFuel = dir, 10_000_000 })
	a = s.do("POST", "/v1/classifiers/default/classify", []byte("text"))
	assert.Equal(t, "limit", a.problem(t).Code)
}

// A model says which one it is, or it is not taken.
func TestModelsWithoutACardAreRefused(t *testing.T) {
	t.Parallel()
	s := start(t, withModels(t)...)
	wasm := modelsModule(t)
	at := strings.Index(string(wasm), "0123456789abcdef")
	require.Positive(t, at)
	wasm[at] = 'x'
	a := s.uploadModel("embedder", "m", wasm)
	require.Equal(t, "self-test-failed", a.problem(t).Code, "%s", a.body)
	assert.Contains(t, a.problem(t).Detail, "expected the 64 digits of a SHA-256")
}
