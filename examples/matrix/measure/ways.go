package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"example.org/compute-pipeline/examples/matrix/job"
)

// A way is a program that does the job and ends.
type way struct {
	// id names it in the template; it starts with the example's directory.
	id string
	// command has the program and its arguments without rounds and file.
	command []string
	// rounds is the argument before a number of rounds.
	rounds string
	// ships are the files that a user ships.
	ships []string
	// exact is whether it must give the engine's bits.
	exact bool
}

// A result has medians.
type result struct {
	id         string
	exact      bool
	Answer     job.Answer
	Start      time.Duration
	Peak       int64 // bytes of resident memory
	Size, Gzip int64
	// Steps has the time of each step, in nanoseconds a point.
	Steps map[string]float64
}

func waysInGo(e *environment) []way {
	compute, untrusted, stream := e.program("compute"), e.program("untrusted"), e.program("stream")
	cache := filepath.Join(e.dir, "cache")
	plugin := e.path("gohost/plugin/testdata/engine.core.wasm")
	return []way{
		{"compute/go", []string{compute}, "-rounds", []string{compute}, true},
		{"compute/go-cached", []string{compute, "-cache", cache}, "-rounds", []string{compute}, true},
		{"compute/go-plain", []string{compute, "-plain"}, "-rounds", []string{compute}, false},
		{"untrusted/plugin", []string{untrusted, "-plugin", plugin}, "-rounds", []string{plugin}, true},
		{"untrusted/plugin-cached", []string{untrusted, "-plugin", plugin, "-cache", cache}, "-rounds", []string{plugin}, true},
		{"untrusted/process", []string{untrusted, "-process", untrusted}, "-rounds", []string{untrusted}, false},
		{"stream/go", []string{stream}, "-rounds", []string{stream}, true},
		{"stream/go-plain", []string{stream, "-plain"}, "-rounds", []string{stream}, false},
	}
}

func waysElsewhere(e *environment) []way {
	compute, stream, shared := e.path("examples/matrix/compute/compute.js"), e.path("examples/matrix/stream/stream.js"), e.path("examples/matrix/job/job.js")
	page := e.javascript(e.path("examples/matrix/page/page.html"), e.path("examples/matrix/page/page.css"), e.path("examples/matrix/page/page.js"), e.path("examples/matrix/page/worker.js"))
	return []way{
		{"compute/node", []string{"node", compute}, "--rounds", e.javascript(compute, shared), true},
		{"compute/node-plain", []string{"node", compute, "--plain"}, "--rounds", []string{compute, shared}, false},
		{"stream/node", []string{"node", stream}, "--rounds", e.javascript(stream, shared), true},
		{"page/chromium", []string{e.program("page"), "-root", e.root, "-print"}, "-rounds", page, true},
	}
}

// measure runs all ways by turns: once on the small file, for the start, and on the large file
// for everything else.
func (e *environment) measure(ctx context.Context, ways []way, rounds int) (map[string]*result, error) {
	type runs struct {
		starts []time.Duration
		peaks  []int64
		steps  map[string][]float64
	}
	measured := map[string]*result{}
	all := map[string]*runs{}
	for round := range rounds {
		for _, w := range ways {
			if round == 0 {
				size, compressed, err := sizes(w.ships)
				if err != nil {
					return nil, err
				}
				measured[w.id] = &result{id: w.id, exact: w.exact, Size: size, Gzip: compressed, Steps: map[string]float64{}}
				all[w.id] = &runs{steps: map[string][]float64{}}
			}
			r := all[w.id]
			_, start, _, err := runOnce(ctx, append(slices.Clone(w.command), e.small))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.id, err)
			}
			answer, _, peak, err := runOnce(ctx, append(slices.Clone(w.command), w.rounds, fmt.Sprint(e.repeats), e.large))
			if err != nil {
				return nil, fmt.Errorf("%s: %w", w.id, err)
			}
			measured[w.id].Answer = answer
			r.starts, r.peaks = append(r.starts, start), append(r.peaks, peak)
			for step, ns := range answer.Nanoseconds {
				r.steps[step] = append(r.steps[step], ns)
			}
		}
	}
	for id, r := range all {
		measured[id].Start, measured[id].Peak = median(r.starts), median(r.peaks)
		for step, ns := range r.steps {
			measured[id].Steps[step] = median(ns)
		}
	}
	return measured, nil
}

// median returns the middle of the values, which it sorts.
func median[T int64 | float64 | time.Duration](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

// runOnce returns the answer of a program, the time from its start to its end, and the peak of
// its resident memory and of each process that it waited for. Linux counts this process's own
// peak as a minimum: it reads nothing large.
func runOnce(ctx context.Context, command []string) (answer job.Answer, took time.Duration, peak int64, err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, command[0], command[1:]...)
	cmd.Stderr = os.Stderr
	began := time.Now()
	out, err := cmd.Output()
	took = time.Since(began)
	if err != nil {
		return answer, 0, 0, err
	}
	if err := json.Unmarshal(out, &answer); err != nil {
		return answer, 0, 0, fmt.Errorf("%w: %.200s", err, out)
	}
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		peak = usage.Maxrss << 10
	}
	return answer, took, peak, nil
}

// sameBits returns an error if answers that must be the same are not.
func sameBits(measured map[string]*result) error {
	want, found := measured["compute/go"]
	if !found {
		return errors.New("nothing to compare with")
	}
	for id, r := range measured {
		if got := r.Answer; got.Points != want.Answer.Points {
			return fmt.Errorf("%s: %d points, not %d", id, got.Points, want.Answer.Points)
		} else if r.exact && [3]float64{got.Mean, got.Variance, got.Sum} != [3]float64{want.Answer.Mean, want.Answer.Variance, want.Answer.Sum} {
			return fmt.Errorf("%s: %v, not %v", id, got, want.Answer)
		}
	}
	return nil
}

// apart returns how many doubles two of one sign are apart.
func apart(a, b float64) int64 {
	d := int64(math.Float64bits(a)) - int64(math.Float64bits(b))
	return max(d, -d)
}
