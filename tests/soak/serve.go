package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/tests/soak/internal/gauge"
	"example.org/compute-pipeline/tests/soak/internal/load"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

// serveBench measures `pipeline serve` over loopback.
type serveBench struct {
	row         time.Duration // of measuring for each row of the tables
	connections []int
	// callTimeout is after how long a call that hangs is stopped. Calls that do
	// not, and the self-test of each upload, must end before, even where other
	// programs take the processors away.
	callTimeout time.Duration
}

// circumstance is what happens while requests are answered.
type circumstance struct {
	name         string
	swaps, kills bool
}

var circumstances = []circumstance{
	{name: "calm"},
	{name: "swaps", swaps: true},
	{name: "kills", kills: true},
	{name: "swaps and kills", swaps: true, kills: true},
}

// swapEvery is how often a version is uploaded.
const swapEvery = 250 * time.Millisecond

func (b serveBench) run(ctx context.Context) (_ *outcome, err error) {
	o := &outcome{name: "serve", title: "Latencies of the service in an open loop"}
	o.printf("%s. The load generator runs on the same processors.\n", machine())
	dir, err := os.MkdirTemp("", "soak-serve-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	s, err := startService(ctx, dir, b.callTimeout)
	if err != nil {
		return nil, err
	}
	if err := b.measure(ctx, o, s); err != nil {
		return nil, errors.Join(err, s.stop())
	}
	if err := s.stop(); err != nil {
		return nil, err
	}
	return o, nil
}

func (b serveBench) measure(ctx context.Context, o *outcome, s *service) error {
	all, err := uploads()
	if err != nil {
		return err
	}
	if err := s.upload(ctx, all[0]); err != nil {
		return err
	}
	requests, err := s.requests(ctx)
	if err != nil {
		return err
	}
	warm := load.Load{Address: s.address, Connections: 8, Duration: b.row / 4, Pick: requests.pick(0, false)}
	if _, err := warm.Closed(ctx); err != nil {
		return err
	}

	o.printf("\n%s, closed loop:\n\n", capital(requests.kinds[0].name))
	o.printf("| connections | | requests a second | p50 | p99 | p99.9 | longest | swaps | calls stopped | resident memory |\n")
	o.printf("| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	var least float64 // with the most connections, in the last rows
	for _, n := range b.connections {
		for _, c := range circumstances {
			l := load.Load{Address: s.address, Connections: n, Duration: b.row, Pick: requests.pick(0, c.kills)}
			result, swaps, err := s.during(ctx, c, all, l.Closed)
			if err != nil {
				return fmt.Errorf("%d connections, %s: %w", n, c.name, err)
			}
			o.must(result.Killed > 0 == c.kills, "%d calls were stopped", result.Killed)
			o.must(swaps > 0 == c.swaps, "there were %d swaps", swaps)
			o.printf("| %d | %s | %s | %d | %s | %.0f MiB |\n", n, c.name, strings.Join(latencies(result), " | "),
				swaps, gauge.Thousands(int64(result.Killed)), mib(gauge.RSS(s.cmd.Process.Pid)))
			if r := result.Rate(); c == circumstances[0] || r < least {
				least = r
			}
		}
	}

	o.printf("\nOther requests, 8 connections, calm, closed loop:\n\n")
	o.printf("| | requests a second | p50 | p99 | p99.9 | longest |\n| --- | ---: | ---: | ---: | ---: | ---: |\n")
	for i, kind := range requests.kinds[1:] {
		result, err := load.Load{Address: s.address, Connections: 8, Duration: b.row, Pick: requests.pick(i+1, false)}.Closed(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", kind.name, err)
		}
		o.printf("| %s | %s |\n", kind.name, strings.Join(latencies(result), " | "))
	}

	rate := math.Ceil(least / 2)
	o.printf("\n%s, open loop of %s requests a second, half of the least with the most connections above, on 64 connections:\n\n", capital(requests.kinds[0].name), gauge.Thousands(int64(rate)))
	o.printf("| | requests a second | p50 | p99 | p99.9 | longest | swaps | calls stopped |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n")
	for _, c := range circumstances {
		l := load.Load{Address: s.address, Connections: 64, Duration: b.row, Pick: requests.pick(0, c.kills)}
		result, swaps, err := s.during(ctx, c, all, func(ctx context.Context) (load.Result, error) { return l.Open(ctx, rate) })
		if err != nil {
			return fmt.Errorf("open loop, %s: %w", c.name, err)
		}
		o.curves = append(o.curves, gauge.Curve{Name: c.name, Sorted: result.Latencies})
		o.printf("| %s | %s | %d | %s |\n", c.name, strings.Join(latencies(result), " | "), swaps, gauge.Thousands(int64(result.Killed)))
	}
	return nil
}

// during runs the load, and swaps versions meanwhile where the circumstance
// says so.
func (s *service) during(ctx context.Context, c circumstance, all [][]byte, run func(context.Context) (load.Result, error)) (load.Result, int, error) {
	if !c.swaps {
		result, err := run(ctx)
		return result, 0, err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var swapper sync.WaitGroup
	var done atomic.Bool
	swaps := 0
	var swapErr error
	swapper.Go(func() {
		for !done.Load() {
			if swapErr = s.upload(ctx, all[(swaps+1)%len(all)]); swapErr != nil {
				cancel(swapErr)
				return
			}
			swaps++
			time.Sleep(swapEvery)
		}
		// What the next row begins with.
		swapErr = s.upload(ctx, all[0])
	})
	result, err := run(ctx)
	done.Store(true)
	swapper.Wait()
	return result, swaps, errors.Join(err, swapErr)
}

// uploads are the modules that are swapped: equal but for their bytes, so that
// every answer stays the same, and hanging for one input.
func uploads() ([][]byte, error) {
	all, err := releases()
	if err != nil {
		return nil, err
	}
	wasm, err := hanging(all[0].wasm)
	if err != nil {
		return nil, err
	}
	// More than the service keeps, so that each is loaded anew.
	var versions [][]byte
	for range 5 {
		versions = append(versions, wasm)
		wasm = withSection(wasm)
	}
	return versions, nil
}

// kind is one kind of request.
type kind struct {
	name    string
	request *load.Request
}

type requestKinds struct {
	kinds []kind
	kill  *load.Request
}

// pick gives requests of one kind; with kills one in a hundred hangs, the first
// among them.
func (k requestKinds) pick(i int, kills bool) func() *load.Request {
	request := k.kinds[i].request
	var picked atomic.Uint64
	return func() *load.Request {
		if kills && picked.Add(1)%oneIn == 1 {
			return k.kill
		}
		return request
	}
}

// requests makes the requests with their answers, of which each is checked once
// here against what was computed without the engine, and then byte by byte
// whenever it comes.
func (s *service) requests(ctx context.Context) (requestKinds, error) {
	var k requestKinds
	for _, sample := range work.Samples() {
		path := "/v1/plugins/" + served + "/" + sample.Operation
		answer, err := s.post(ctx, path, sample.ContentType, sample.Body)
		if err == nil {
			err = sample.Check(answer)
		}
		if err != nil {
			return k, fmt.Errorf("%s: %w", sample.Name, err)
		}
		k.kinds = append(k.kinds, kind{sample.Name, load.NewRequest(path, sample.ContentType, apiKey, sample.Body, 200, answer)})
	}
	hang := fmt.Sprintf("/v1/plugins/%s/checksum?expected=%d", served, never)
	k.kill = load.NewRequest(hang, "application/octet-stream", apiKey, bytes.Repeat([]byte{1}, 100), 504, nil).Killed()
	return k, nil
}

// latencies are the cells that all tables have.
func latencies(r load.Result) []string {
	cells := []string{gauge.Thousands(int64(r.Rate()))}
	for _, p := range []float64{50, 99, 99.9, 100} {
		cells = append(cells, fmt.Sprintf("%.2f ms", milliseconds(r.Percentile(p))))
	}
	return cells
}

func mib(bytes int64) float64 { return float64(bytes) / (1 << 20) }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
