package serve_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/serve/admission"
	"example.org/compute-pipeline/gohost/plugin"
)

// shortPoints is text with as many points as fit into a length.
func shortPoints(mediaType string, length int) []byte {
	if mediaType == ndjsonType {
		return bytes.Repeat([]byte("[1,2]\n"), length/6)
	}
	text := bytes.Repeat([]byte("[1,2],"), length/6)
	text[len(text)-1] = ']'
	return append([]byte("["), text...)
}

func gzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	require.NoError(t, errors.Join(err, w.Close()))
	return b.Bytes()
}

// send sends a body whose length is not said.
func (s *service) send(ctx context.Context, path string, body io.Reader, options ...option) (answer, error) {
	r, err := http.NewRequestWithContext(ctx, "POST", s.url+path, body)
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
	return answer{status: response.StatusCode, header: response.Header, body: text}, err
}

// used is what is taken of all gates.
func (s *service) used() (sum admission.Usage) {
	control := s.server.Admission()
	for _, g := range []*admission.Gate{control.Arriving, control.Computing, control.Operator} {
		now, _ := g.Usage()
		sum.Slots += now.Slots
		sum.Waiting += now.Waiting
		sum.Bytes += now.Bytes
	}
	return sum
}

// Far more bodies than there is memory for, of all kinds: what is admitted never
// exceeds the budget, and each request is answered.
func TestWhatIsAdmittedFitsTheBudget(t *testing.T) {
	t.Parallel()
	const budget = 48 << 20
	s := start(t, func(c *serve.Config) {
		c.MemoryBudget, c.MaxBodyBytes, c.QueueTimeout = budget, 8<<20, time.Minute
		c.ReadTimeout, c.RequestTimeout, c.Limits.CallTimeout = time.Hour, time.Hour, time.Hour
	})
	control := s.server.Admission()
	gates := []*admission.Gate{control.Arriving, control.Computing, control.Operator}
	var sum int64
	for _, g := range gates {
		sum += g.Limits().Bytes
	}
	require.EqualValues(t, budget, sum)
	json, lines, large := shortPoints(jsonType, 1<<20), shortPoints(ndjsonType, 1<<20), shortPoints(jsonType, 7<<20)
	packed := make([]byte, 1<<20)
	const call = "/v1/plugins/engine/"
	kinds := []func() (answer, error){
		func() (answer, error) { return s.try("POST", call+"aggregate", json, contentType(jsonType)) },
		func() (answer, error) { return s.try("POST", call+"process-batch", lines, contentType(ndjsonType)) },
		func() (answer, error) { return s.try("POST", call+"process-batch", packed, contentType(packedType)) },
		func() (answer, error) { return s.try("POST", call+"validate", json, contentType(jsonType)) },
		func() (answer, error) { return s.try("POST", call+"checksum?expected=1", packed) },
		func() (answer, error) {
			return s.send(t.Context(), call+"fold", io.MultiReader(bytes.NewReader(lines)), contentType(ndjsonType))
		},
		func() (answer, error) {
			return s.try("POST", call+"aggregate", gzipped(t, json), contentType(jsonType), header("Content-Encoding", "gzip"))
		},
		func() (answer, error) { // which is not sent once it is refused
			return s.try("POST", call+"aggregate", large, contentType(jsonType), header("Expect", "100-continue"))
		},
		func() (answer, error) {
			return s.try("POST", call+"aggregate", []byte("[[1,2]]"), contentType(jsonType))
		},
	}
	statuses := map[int]int{}
	var mu sync.Mutex
	var clients sync.WaitGroup
	for i := range 6 * len(kinds) {
		clients.Go(func() {
			a, err := kinds[i%len(kinds)]()
			if !assert.NoError(t, err) {
				return
			}
			assert.Contains(t, []int{http.StatusOK, http.StatusRequestEntityTooLarge, http.StatusServiceUnavailable}, a.status, "%s", a.body)
			mu.Lock()
			statuses[a.status]++
			mu.Unlock()
		})
	}
	clients.Wait()
	assert.NotZero(t, statuses[http.StatusOK])
	assert.Equal(t, 6, statuses[http.StatusRequestEntityTooLarge], "those that fit never: %v", statuses)
	for _, g := range gates {
		_, peak := g.Usage()
		assert.LessOrEqual(t, peak.Bytes, g.Limits().Bytes)
	}
	require.Eventually(t, func() bool { return s.used() == admission.Usage{} }, eventually, tick, "all is given back")
}

// A request counts with the memory that it uses: all allocations for it, including garbage
// and the client's part, are not much more.
func TestWhatARequestIsCountedWithIsTrue(t *testing.T) {
	const length = 4 << 20
	for _, test := range []struct {
		function, mediaType string
		body                []byte
	}{
		{"aggregate", jsonType, shortPoints(jsonType, length)},
		{"aggregate", ndjsonType, shortPoints(ndjsonType, length)},
		{"aggregate", packedType, make([]byte, length)},
		{"process-batch", jsonType, shortPoints(jsonType, length)},
		{"process-batch", packedType, make([]byte, length)},
		{"checksum?expected=1", packedType, make([]byte, length)},
	} {
		s := start(t, func(c *serve.Config) { c.Limits.MaxInstances = 1 })
		call := func() { // its guest is there already when it is measured
			a := s.post("engine", test.function, test.mediaType, test.body)
			require.Equal(t, http.StatusOK, a.status, "%s", a.body)
		}
		call()
		control := s.server.Admission()
		_, arriving := control.Arriving.Usage()
		_, computing := control.Computing.Usage()
		counted := arriving.Bytes + computing.Bytes
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		call()
		runtime.ReadMemStats(&after)
		took := int64(after.TotalAlloc - before.TotalAlloc)
		t.Logf("%s %s: counted %.1f MiB, allocated %.1f MiB", test.function, test.mediaType, float64(counted)/(1<<20), float64(took)/(1<<20))
		assert.GreaterOrEqual(t, counted, int64(length))
		assert.LessOrEqual(t, took, 3*counted, "%s %s", test.function, test.mediaType)
	}
}

const threeTenants = `{"tenants": [
  {"name": "user", "keys": ["KEY(a-user's-key)"], "plugins": ["*"]},
  {"name": "other", "keys": ["KEY(another's-key)"], "plugins": ["*"]},
  {"name": "operator", "keys": ["KEY(an-operator's-key)"], "plugins": ["*"], "admin": true}]}`

// othersAreServed checks that a tenant that has all it may have keeps neither
// another nor the operator from anything.
func (s *service) othersAreServed(plugins ...string) {
	s.t.Helper()
	for _, name := range plugins {
		a := s.post(name, "process-batch", packedType, batch(0), key(otherKey))
		assert.Equal(s.t, http.StatusOK, a.status, "%s: %s", name, a.body)
	}
	for _, change := range []string{"POST victim/rollback", "GET victim", "POST victim/reset"} {
		a := s.change(change)
		assert.Less(s.t, a.status, 300, "%s: %s", change, a.body)
	}
	for _, page := range []string{"/healthz", "/readyz", "/metrics", "/"} {
		assert.Equal(s.t, http.StatusOK, s.do("GET", page, nil, key(operatorKey)).status, page)
	}
}

func TestATenantWhoseCallsHangStarvesNobody(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, threeTenants), withPlugins(t, map[string][]byte{"echo": module(t, "echo"), "hung": module(t, "echo")}), func(c *serve.Config) {
		c.MaxRequests, c.QueueTimeout, c.RequestTimeout = 4, time.Hour, time.Hour
		c.Limits = plugin.Limits{CallTimeout: time.Hour, MaxInstances: 1}
	})
	for _, name := range []string{"1", "2"} {
		require.Equal(t, http.StatusOK, s.upload("victim", edition(module(t, "echo"), name)).status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var clients sync.WaitGroup
	refused := make(chan answer, 1)
	computing := s.server.Admission().Computing
	limits := computing.Limits()
	for range limits.ShareSlots + limits.ShareWaiters + 1 {
		clients.Go(func() {
			a, err := s.send(ctx, "/v1/plugins/hung/process-batch", bytes.NewReader(batch(2)), key(userKey), contentType(packedType))
			if err == nil {
				refused <- a
			} else {
				assert.ErrorIs(t, err, context.Canceled)
			}
		})
	}
	a := <-refused
	assert.Equal(t, "overloaded", a.problem(t).Code, "one more than may wait")
	assert.Equal(t, "1", a.header.Get("Retry-After"))
	require.Eventually(t, func() bool {
		now, _ := computing.Usage()
		return now.Slots == limits.ShareSlots && now.Waiting == limits.ShareWaiters
	}, eventually, tick)
	s.othersAreServed("engine", "echo")
	cancel()
	clients.Wait()
	require.Eventually(t, func() bool { return s.used() == admission.Usage{} }, eventually, tick)
	assert.Equal(t, http.StatusOK, s.post("engine", "process-batch", packedType, batch(0), key(userKey)).status)
}

func TestATenantWhoseBodiesTrickleStarvesNobody(t *testing.T) {
	t.Parallel()
	s := start(t, withTenants(t, threeTenants), withPlugins(t, map[string][]byte{"echo": module(t, "echo")}), func(c *serve.Config) {
		c.MaxRequests, c.QueueTimeout, c.ReadTimeout = 2, time.Hour, time.Hour
	})
	for _, name := range []string{"1", "2"} {
		require.Equal(t, http.StatusOK, s.upload("victim", edition(module(t, "echo"), name)).status)
	}
	body := newBlocked()
	t.Cleanup(body.release)
	arriving := s.server.Admission().Arriving
	limits := arriving.Limits()
	answers := make(chan answer, limits.ShareSlots+limits.ShareWaiters)
	for range cap(answers) { // as many as may arrive, and as many as may wait
		go func() {
			a, err := s.send(t.Context(), "/v1/plugins/engine/checksum?expected=0", io.MultiReader(bytes.NewReader([]byte{}), body), key(userKey))
			assert.NoError(t, err)
			answers <- a
		}()
	}
	require.Eventually(t, func() bool {
		now, _ := arriving.Usage()
		return now.Slots == limits.ShareSlots && now.Waiting == limits.ShareWaiters
	}, eventually, tick)
	computing, _ := s.server.Admission().Computing.Usage()
	assert.Zero(t, computing.Slots, "no slot is taken before the body is there")
	s.othersAreServed("engine", "echo")
	body.release()
	ok := 0
	for range cap(answers) { // now they all want the one slot, and some may not wait
		a := <-answers
		assert.Contains(t, []int{http.StatusOK, http.StatusServiceUnavailable}, a.status)
		if a.status == http.StatusOK {
			ok++
		}
	}
	assert.NotZero(t, ok)
}

// The bytes of an answer stay counted until it is written, and the slot does not.
func TestAnswersAreCountedUntilTheyAreWritten(t *testing.T) {
	t.Parallel()
	const length = 4 << 20
	for _, timeout := range []time.Duration{time.Hour, 50 * time.Millisecond} {
		s := start(t, func(c *serve.Config) { c.WriteTimeout = timeout })
		body := make([]byte, length)
		for i := 0; i < length; i += points16 {
			copy(body[i:], fmt.Sprintf("%07d", i))
		}
		c := s.connect()
		_, err := fmt.Fprintf(c, "POST /v1/plugins/engine/process-batch HTTP/1.1\r\nHost: localhost\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n", packedType, length)
		require.NoError(t, err)
		_, err = c.Write(body)
		require.NoError(t, err)
		if timeout == time.Hour { // nothing of the answer is read
			require.Eventually(t, func() bool {
				now, peak := s.server.Admission().Computing.Usage()
				return peak.Slots == 1 && now.Slots == 0
			}, eventually, tick)
			now := s.used()
			assert.Zero(t, now.Slots)
			assert.GreaterOrEqual(t, now.Bytes, int64(length))
			assert.Less(t, now.Bytes, int64(2*length), "no more than the answer")
			require.NoError(t, c.Close())
		}
		require.Eventually(t, func() bool {
			_, peak := s.server.Admission().Computing.Usage()
			return peak.Slots == 1 && s.used() == admission.Usage{}
		}, eventually, tick, "%v", timeout)
	}
}
