package soak

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"math/big"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

// circumstance is what happens while requests are answered.
type circumstance struct {
	name string
	// swaps has another version uploaded, again and again.
	swaps bool
	// stops has one request in a hundred run out of fuel.
	stops bool
}

var circumstances = []circumstance{
	{name: "calm"},
	{name: "swaps", swaps: true},
	{name: "stops", stops: true},
	{name: "swaps and stops", swaps: true, stops: true},
}

const (
	// fuel is what a call may use. It is enough for the self-test and for all requests
	// but those that are stopped, on every machine.
	fuel = 8_000_000
	// swapEvery is how often a version is uploaded.
	swapEvery = 250 * time.Millisecond
)

// Requests are sent to a running service in closed loops (each connection sends the
// next one when the last is answered) and in open ones (at a constant rate, whether or
// not others are answered). Every answer is compared.
func TestServiceUnderLoad(t *testing.T) {
	row, connections := 200*time.Millisecond, []int{8}
	if *minutes > 0 {
		row, connections = duration()/20, []int{1, 8, 64} // that makes 20 rows
	}
	s := startService(t)
	all := uploads(t)
	require.NoError(t, s.upload(t.Context(), all[0]))
	requests := s.requests(t)
	_, err := load(row/2, 8, 0, requests[:1]) // to warm up
	require.NoError(t, err)

	rows := [][]string{{"requests", "loop", "connections", "circumstance", "requests_per_second", "p50_ms", "p99_ms", "p999_ms", "max_ms", "swaps", "stopped", "rss_mib"}}
	measure := func(r request, n, rate int, c circumstance) float64 {
		loop, sent := "closed", []request{r}
		if rate > 0 {
			loop = fmt.Sprintf("open at %d a second", rate)
		}
		if c.stops {
			sent = append(sent, s.stopped())
		}
		stopSwaps := func() int { return 0 }
		if c.swaps {
			stopSwaps = s.swap(t, all)
		}
		got, err := load(row, n, rate, sent)
		require.NoError(t, err, c.name)
		swapped := stopSwaps()
		require.Equal(t, c.stops, got.stopped > 0, "%s: %d calls were stopped", c.name, got.stopped)
		require.Equal(t, c.swaps, swapped > 0, "%s: %d swaps", c.name, swapped)
		perSecond := float64(got.Requests+got.stopped) / (got.Duration + got.Wait).Seconds()
		line := []string{r.name, loop, strconv.Itoa(n), c.name, fmt.Sprintf("%.0f", perSecond)}
		for _, latency := range []time.Duration{got.Latencies.P50, got.Latencies.P99, got.Latencies.Quantile(0.999), got.Latencies.Max} {
			line = append(line, fmt.Sprintf("%.2f", float64(latency)/float64(time.Millisecond)))
		}
		rows = append(rows, append(line, strconv.Itoa(swapped), strconv.FormatUint(got.stopped, 10), s.residentMiB()))
		return perSecond
	}
	lowest := math.Inf(1)
	for _, n := range connections {
		lowest = math.Inf(1)
		for _, c := range circumstances {
			lowest = min(lowest, measure(requests[0], n, 0, c))
		}
	}
	for _, r := range requests[1:] {
		measure(r, 8, 0, circumstances[0])
	}
	for _, c := range circumstances {
		measure(requests[0], 64, int(math.Ceil(lowest/2)), c)
	}
	save(t, "serve", rows)
	s.stop(t)
}

// request is what is sent, and what must come back.
type request struct {
	name   string
	target vegeta.Target
	status int
	answer []byte // nil for any
}

// result has the latencies of the requests that were not stopped.
type result struct {
	vegeta.Metrics
	stopped uint64
}

// load sends the first of the requests. If there is a second one, it is sent first and
// then one time in a hundred; the two differ in their paths. Without a rate each
// connection sends its next request when the last is answered. A wrong answer ends the
// load with an error.
func load(d time.Duration, connections, rate int, requests []request) (result, error) {
	byURL := map[string]request{}
	for _, r := range requests {
		byURL[r.target.URL] = r
	}
	var sent atomic.Uint64
	next := func(target *vegeta.Target) error {
		i := 0
		if len(requests) > 1 && sent.Add(1)%oneIn == 1 {
			i = 1
		}
		*target = requests[i].target
		return nil
	}
	options := []func(*vegeta.Attacker){vegeta.Connections(connections), vegeta.MaxConnections(connections), vegeta.KeepAlive(true)}
	if rate == 0 {
		options = append(options, vegeta.Workers(uint64(connections)), vegeta.MaxWorkers(uint64(connections)))
	}
	attacker := vegeta.NewAttacker(options...)
	var got result
	var wrong error
	for r := range attacker.Attack(next, vegeta.Rate{Freq: rate, Per: time.Second}, d, "") {
		want := byURL[r.URL]
		switch {
		case int(r.Code) != want.status || want.answer != nil && !bytes.Equal(r.Body, want.answer):
			wrong = fmt.Errorf("%s: status %d (want %d), error %q, body %.300q", want.name, r.Code, want.status, r.Error, r.Body)
			attacker.Stop()
		case want.status == http.StatusOK:
			got.Add(r)
		default:
			got.stopped++
		}
	}
	got.Close()
	return got, wrong
}

// swap uploads version after version until the caller calls stop, which makes the first
// version active and returns the number of uploads.
func (s *service) swap(t *testing.T, all [][]byte) (stop func() int) {
	var swapper sync.WaitGroup
	end := make(chan struct{})
	swaps := 0
	var err error
	swapper.Go(func() {
		for going := true; going && err == nil; swaps++ {
			err = s.upload(t.Context(), all[(swaps+1)%len(all)])
			select {
			case <-time.After(swapEvery):
			case <-end:
				going = false
			}
		}
	})
	return func() int {
		close(end)
		swapper.Wait()
		require.NoError(t, err)
		require.NoError(t, s.upload(t.Context(), all[0]))
		return swaps
	}
}

// uploads returns modules that differ only in a custom section. They are more than the
// service keeps, so that each is loaded anew.
func uploads(t *testing.T) [][]byte {
	t.Helper()
	wasm, err := os.ReadFile(enginePlugin)
	require.NoError(t, err)
	var versions [][]byte
	for range 5 {
		versions = append(versions, wasm)
		wasm = withSection(wasm)
	}
	return versions
}

const packedType = "application/vnd.compute-pipeline.packed"

// requests returns the requests to measure. Each answer is compared here with one
// computed without the engine, and later byte by byte.
func (s *service) requests(t *testing.T) []request {
	t.Helper()
	checked := func(name, operation, contentType string, body []byte, check func([]byte) error) request {
		path := "/v1/plugins/" + served + "/" + operation
		answer, err := s.post(t.Context(), path, contentType, body)
		require.NoError(t, err, name)
		require.NoError(t, check(answer), name)
		return request{name, s.target(path, contentType, body), http.StatusOK, answer}
	}
	r := rand.New(rand.NewPCG(3, 0))
	aggregate := func(name string, n int, contentType string, body func([]gohost.Datapoint) []byte) request {
		list := work.Measurements(r, n)
		return checked(name, "aggregate", contentType, body(list), func(answer []byte) error {
			var got gohost.Aggregate
			want := work.Exact(list)
			err := json.Unmarshal(answer, &got)
			if err == nil && got != (gohost.Aggregate{Mean: want.Mean, Variance: want.Variance, Sum: want.Sum}) {
				err = &work.WrongAnswer{Got: got, Want: want}
			}
			return err
		})
	}
	list := work.Measurements(r, 1000)
	return []request{
		aggregate("aggregate of 100 points in JSON", 100, "application/json", work.AsJSON),
		aggregate("aggregate of 1 point in JSON", 1, "application/json", work.AsJSON),
		aggregate("aggregate of 10000 points in JSON", 10_000, "application/json", work.AsJSON),
		aggregate("aggregate of 10000 packed points", 10_000, packedType, work.Packed),
		checked("validate 1000 points in JSON", "validate", "application/json", work.AsJSON(list), func(answer []byte) error {
			var got []gohost.Datapoint
			err := json.Unmarshal(answer, &got)
			if err == nil && !bytes.Equal(work.Packed(got), work.Packed(list)) {
				err = &work.WrongAnswer{Got: got, Want: list}
			}
			return err
		}),
	}
}

// stopped returns a request that takes more fuel than a call may use: its numbers lie
// halfway between two doubles, so that all their digits are read.
func (s *service) stopped() request {
	halfway := new(big.Float).SetPrec(60).Add(big.NewFloat(1.1e-300), big.NewFloat(math.Nextafter(1.1e-300, 1)))
	point := fmt.Appendf(nil, `{"timestamp":1,"value":%s},`, halfway.Quo(halfway, big.NewFloat(2)).Text('f', 1080))
	body := append([]byte("["), bytes.Repeat(point, 50)...)
	body[len(body)-1] = ']'
	return request{"stopped", s.target("/v1/plugins/"+served+"/validate", "application/json", body), http.StatusUnprocessableEntity, nil}
}

func (s *service) target(path, contentType string, body []byte) vegeta.Target {
	return vegeta.Target{Method: http.MethodPost, URL: "http://" + s.address + path, Body: body, Header: s.header(contentType)}
}

func (s *service) header(contentType string) http.Header {
	return http.Header{"Authorization": {"Bearer " + apiKey}, "Content-Type": {contentType}}
}

// An answer that is not the expected one ends a load.
func TestOtherAnswersAreFound(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/missing" {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, "two")
	}))
	defer server.Close()
	s := &service{address: strings.TrimPrefix(server.URL, "http://")}
	of := func(path string, status int, answer string) []request {
		return []request{{path, s.target(path, "text/plain", nil), status, []byte(answer)}}
	}
	for _, rate := range []int{0, 100} {
		_, err := load(time.Hour, 2, rate, of("/there", http.StatusOK, "one"))
		require.ErrorContains(t, err, `body "two"`)
		_, err = load(time.Hour, 2, rate, of("/missing", http.StatusOK, "two"))
		require.ErrorContains(t, err, "status 404 (want 200)")
		got, err := load(50*time.Millisecond, 2, rate, append(of("/there", http.StatusOK, "two"), of("/missing", http.StatusNotFound, "two")...))
		require.NoError(t, err)
		require.Positive(t, got.stopped)
	}
}
