package serve_test

import (
	"encoding/json"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
)

type shadowReport struct {
	Candidate                                                   string
	Ended                                                       *time.Time
	Calls, Compared, Same, Different, Failed, Answered, Skipped uint64
	ActiveSeconds                                               float64 `json:"active_seconds"`
}

func (s *service) shadow(method, path string) shadowReport {
	s.t.Helper()
	a := s.do(method, "/v1/admin/plugins/"+path, nil, key(operatorKey))
	require.Equal(s.t, http.StatusOK, a.status, "%s", a.body)
	var r shadowReport
	require.NoError(s.t, json.Unmarshal(a.body, &r))
	return r
}

// Two versions answer under load, the differences are counted, and the one that is right is
// activated: no call fails, and every client gets the answer of the active version.
func TestAShadowUnderLoad(t *testing.T) {
	t.Parallel()
	s := start(t, withModels(t)...)
	other, next := modelsModule(t), edition(anomaly.Module(), "next")
	standby := func(wasm []byte) {
		a := s.do("POST", "/v1/admin/plugins/anomaly/versions?world=detector&activate=false", wasm, contentType("application/wasm"), key(operatorKey))
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	standby(other)
	body := series(400, 300, 399)
	want := s.do("POST", detectPath, body, key(userKey), contentType(jsonType)).body

	var answers, wrong atomic.Uint64
	stop := make(chan struct{})
	var load sync.WaitGroup
	for range 4 {
		load.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				a, err := s.try("POST", detectPath, body, key(userKey), contentType(jsonType))
				answers.Add(1)
				if err != nil || a.status != http.StatusOK || string(a.body) != string(want) {
					wrong.Add(1)
				}
			}
		})
	}
	compared := func(n uint64) shadowReport {
		var r shadowReport
		require.Eventually(t, func() bool {
			r = s.shadow("GET", "anomaly/shadow?world=detector")
			return r.Compared >= n
		}, eventually, tick)
		return r
	}

	assert.Equal(t, hashOf(other), s.shadow("POST", "anomaly/versions/"+hashOf(other)+"/shadow?world=detector").Candidate)
	r := compared(10)
	assert.NotZero(t, r.Different)
	assert.Zero(t, r.Same+r.Failed+r.Answered)
	assert.NotNil(t, s.shadow("DELETE", "anomaly/shadow?world=detector").Ended)

	standby(next)
	s.shadow("POST", "anomaly/versions/"+hashOf(next)+"/shadow?world=detector")
	r = compared(10)
	assert.Equal(t, r.Compared, r.Same)
	assert.Positive(t, r.ActiveSeconds)
	before := answers.Load()
	a := s.do("POST", "/v1/admin/plugins/anomaly/versions/"+hashOf(next)+"/activate?world=detector", nil, key(operatorKey))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Eventually(t, func() bool { return answers.Load() >= before+10 }, eventually, tick)
	close(stop)
	load.Wait()
	assert.Zero(t, wrong.Load(), "of %d", answers.Load())
	assert.NotNil(t, s.shadow("GET", "anomaly/shadow?world=detector").Ended, "it ends with the activation")
	a = s.do("GET", "/metrics", nil, key(operatorKey))
	assert.Regexp(t, `compute_pipeline_version_work_total\{plugin="detectors/anomaly",unit="points",version="`+hashOf(next)+`"\} [1-9]`, string(a.body))
}

func TestShadowsOfEachWorld(t *testing.T) {
	t.Parallel()
	s := start(t, withModels(t)...)
	first, second := modelsModule(t), edition(modelsModule(t), "second")
	for _, world := range []string{"classifier", "detector", "embedder"} {
		require.Equal(t, http.StatusOK, s.uploadModel(world, "m", second).status)
		require.Equal(t, http.StatusOK, s.uploadModel(world, "m", first).status)
		a := s.do("GET", "/v1/admin/plugins/m/shadow?world="+world, nil, key(operatorKey))
		assert.Equal(t, "not-found", a.problem(t).Code)
		s.shadow("POST", "m/versions/"+hashOf(second)+"/shadow?tolerance=0.1&world="+world)
	}
	for range 2 {
		for _, body := range []string{"x", "e", "t"} {
			s.do("POST", "/v1/classifiers/m/classify", []byte(body), key(userKey))
			s.do("POST", "/v1/embedders/m/embed", []byte(body), key(userKey), contentType("text/plain"))
			s.do("POST", "/v1/detectors/m/detect", []byte(body + "1234567890123456789012345678901")[:16], key(userKey), contentType(packedType))
			s.do("POST", "/v1/detectors/m/detect", []byte(body + "1234567890123456789012345678901")[:16], key(userKey), contentType(packedType), header("Pipeline-State", "bW9kZWxz"))
		}
	}
	for _, world := range []string{"classifier", "detector", "embedder"} {
		r := s.shadow("GET", "m/shadow?world="+world)
		assert.EqualValues(t, 6, r.Compared, world)
		assert.EqualValues(t, 6, r.Same, world)
		if world == "detector" {
			assert.EqualValues(t, 6, r.Skipped)
		}
	}
	a := s.do("POST", "/v1/admin/plugins/m/versions/"+hashOf(engineModule(t))+"/shadow?world=detector", nil, key(operatorKey))
	assert.Equal(t, "not-found", a.problem(t).Code)
	for _, tolerance := range []string{"NaN", "Inf", "-1"} {
		a = s.do("POST", "/v1/admin/plugins/m/versions/"+hashOf(second)+"/shadow?world=detector&tolerance="+tolerance, nil, key(operatorKey))
		assert.Equal(t, "invalid-parameter", a.problem(t).Code, "%s", a.body)
	}
	a = s.do("POST", "/v1/admin/plugins/m/versions/"+hashOf(first)+"/shadow?world=detector", nil, key(operatorKey))
	assert.Equal(t, "active-version", a.problem(t).Code, "%s", a.body)
	assert.Nil(t, s.shadow("GET", "m/shadow?world=detector").Ended, "what is refused changes nothing")
	a = s.do("POST", "/v1/admin/plugins/m/versions/"+hashOf(second)+"/shadow", nil, key(operatorKey))
	assert.Equal(t, "invalid-parameter", a.problem(t).Code)
	a = s.do("POST", "/v1/admin/plugins/m/versions/"+hashOf(second)+"/shadow?world=detector", nil, key(userKey))
	assert.Equal(t, http.StatusForbidden, a.status)
	a = s.do("DELETE", "/v1/admin/plugins/m?world=detector", nil, key(operatorKey))
	assert.Equal(t, http.StatusNoContent, a.status)
	a = s.do("GET", "/v1/admin/plugins/m/shadow?world=detector", nil, key(operatorKey))
	assert.Equal(t, "not-found", a.problem(t).Code)
}

// A candidate has its share of the memory, and stays there to be activated, for as long as it is
// compared.
func TestAShadowHasMemoryWhileItRuns(t *testing.T) {
	t.Parallel()
	s := start(t, append(withModels(t), func(c *serve.Config) {
		c.MemoryTotal, c.History = 16<<30, 1
		c.Limits.MaxInstances, c.Limits.MemoryMiB = 1, 64
	})...)
	planned := func() int {
		found := regexp.MustCompile(`"plugins_mib":(\d+)`).FindAllStringSubmatch(s.log.String(), -1)
		require.NotEmpty(t, found)
		mib, err := strconv.Atoi(found[len(found)-1][1])
		require.NoError(t, err)
		return mib
	}
	standby := func(wasm []byte) string {
		require.Equal(t, http.StatusOK, s.do("POST", "/v1/admin/plugins/m/versions?world=classifier&activate=false", wasm, contentType("application/wasm"), key(operatorKey)).status)
		return hashOf(wasm)
	}
	require.Equal(t, http.StatusOK, s.uploadModel("classifier", "m", modelsModule(t)).status)
	candidate := standby(edition(modelsModule(t), "candidate"))
	before := planned()
	s.shadow("POST", "m/versions/"+candidate+"/shadow?world=classifier")
	assert.Equal(t, before+64, planned())
	for _, name := range []string{"2", "3"} {
		standby(edition(modelsModule(t), name))
	}
	a := s.do("POST", "/v1/classifiers/m/classify", []byte("x"), key(userKey))
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	r := s.shadow("DELETE", "m/shadow?world=classifier")
	assert.EqualValues(t, 1, r.Same)
	require.Eventually(t, func() bool { return planned() == before }, eventually, tick)
	a = s.do("POST", "/v1/admin/plugins/m/versions/"+candidate+"/activate?world=classifier", nil, key(operatorKey))
	assert.Equal(t, http.StatusOK, a.status, "it is kept: %s", a.body)
}
