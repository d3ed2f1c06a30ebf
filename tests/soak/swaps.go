package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/tests/soak/internal/gauge"
	"example.org/compute-pipeline/tests/soak/internal/work"
)

// swapSoak swaps a plugin again and again while it is called.
type swapSoak struct {
	swaps    int
	interval time.Duration // between samples
	largest  int           // list, in points
	trend    bool          // as of engineSoak
}

const swapped = "swapped"

// history is which release was active after each swap. Callers read it while it
// grows.
type history struct {
	releases []*release // by swap; 0 is the first load
	// begun and ended count the swaps, one ahead of the index of the last.
	begun, ended atomic.Int64
}

// answers tells whether an answer is one of a release that was active at some
// moment between a call's begin, when ended was from, and its end.
func (h *history) answers(from int64, answer string) bool {
	for _, r := range h.releases[from-1 : h.begun.Load()] {
		if r.answer == answer {
			return true
		}
	}
	return false
}

func (s swapSoak) run(ctx context.Context) (*outcome, error) {
	o := &outcome{name: "swaps", title: "One plugin, swapped while eight callers use it", panels: panels()}
	o.printf("%s.\n\n", machine())
	mix := work.NewMix(2, s.largest)
	dir, err := os.MkdirTemp("", "soak-swaps-")
	if err != nil {
		return nil, err
	}
	defer func() { o.must(os.RemoveAll(dir) == nil, "the cache directory cannot be removed") }()
	if err := s.swap(ctx, o, mix, dir); err != nil {
		return nil, err
	}
	return o, nil
}

func (s swapSoak) swap(ctx context.Context, o *outcome, mix *work.Mix, dir string) error {
	all, err := releases()
	if err != nil {
		return err
	}
	before := settled()
	reserve, err := instanceReserve(ctx, mix)
	if err != nil {
		return err
	}
	reg, err := plugin.NewRegistry(plugin.WithCacheDir(dir), plugin.WithDefaultLimits(plugin.Limits{
		MaxInstances: soakedInstances, Breaker: plugin.BreakerLimits{Off: true},
	}))
	if err != nil {
		return err
	}
	// Each module once, so that all are compiled.
	for i := range all {
		if _, err := reg.Load(ctx, swapped, plugin.Bytes(all[len(all)-1-i].wasm)); err != nil {
			return err
		}
	}
	p, err := reg.Plugin(swapped)
	if err != nil {
		return err
	}
	if err := warmUp(ctx, mix, p); err != nil {
		return err
	}
	h := &history{releases: make([]*release, s.swaps+1)}
	h.releases[0] = &all[0]
	h.begun.Store(1)
	h.ended.Store(1)

	var done, asked atomic.Uint64
	recorder := o.record(s.interval, func(sample *gauge.Sample) {
		sample.Calls = done.Load()
		for _, v := range p.Versions() {
			sample.Guests += v.Stats.Engine.MemoryBytes
			sample.Instances += v.Stats.Engine.Instances
		}
	})
	begin := time.Now()
	var times []time.Duration
	var swapErr error
	swapping := make(chan struct{})
	var enough atomic.Bool
	swapCtx, cancel := context.WithCancel(ctx)
	go func() {
		defer close(swapping)
		times, swapErr = h.swapAll(swapCtx, reg, all)
		enough.Store(true)
	}()
	err = crew(ctx, callers, func(ctx context.Context, r *rand.Rand) error {
		if enough.Load() {
			return errEnough
		}
		from := h.ended.Load()
		if r.IntN(4) == 0 {
			answer, err := ask(ctx, p)
			if err != nil {
				return unlessEnded(ctx, err)
			}
			asked.Add(1)
			done.Add(1)
			if !h.answers(from, answer) {
				return &work.WrongAnswer{Got: answer, Want: h.releases[from-1].answer}
			}
			return nil
		}
		job := mix.Pick(r)
		if err := job.Run(ctx, p); err != nil {
			return unlessEnded(ctx, fmt.Errorf("%s, %d points: %w", job.Name, job.Points, err))
		}
		done.Add(uint64(job.Calls))
		return nil
	})
	cancel()
	<-swapping
	took := time.Since(begin)
	o.samples = recorder.Stop()
	o.must(err == nil, "a call failed: %w", err)
	o.must(swapErr == nil || err != nil, "a swap failed: %w", swapErr)

	failed := p.Stats().Failures()
	o.must(failed == 0, "%d calls failed by the plugin's fault", failed)
	slices.Sort(times)
	if len(times) > 0 {
		o.printf("%s swaps between four modules (loads with all checks and the self-test, compiled code from the disk; every tenth a rollback, every tenth an activation) in %.0f s, under %s calls on lists of 1 to %s points; %s of the calls asked which release answers. %d failed or were answered wrongly, or by a release that was not active while the call ran.\n",
			gauge.Thousands(int64(len(times))), took.Seconds(), gauge.Thousands(int64(done.Load())), gauge.Thousands(int64(s.largest)), gauge.Thousands(int64(asked.Load())), len(o.failures))
		o.printf("A swap took %.1f ms (median), %.1f ms (99 %%), %.1f ms at most, while the callers kept all processors busy.\n",
			milliseconds(times[len(times)/2]), milliseconds(times[len(times)*99/100]), milliseconds(times[len(times)-1]))
	}
	if s.trend {
		o.judge(swapRules())
	}
	// Two versions are kept besides the active one; one may be tested, one drain.
	const versions = 5
	o.hold(bounds(before, versions*soakedInstances, reserve, 2*callers+2*versions*soakedInstances))
	if err := reg.Close(ctx); err != nil {
		return err
	}
	o.compareWithStart(before)
	runtime.KeepAlive(mix) // it was there before
	runtime.KeepAlive(all)
	return nil
}

// unlessEnded is the error of a call, unless another one ended the run before.
func unlessEnded(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// swapRules allow for the versions that come and go: one that drains and one
// that is being tested have instances and goroutines too, and rewriting and
// compiling take memory for a moment.
func swapRules() []gauge.Rule {
	rules := flatRules()
	for i := range rules {
		switch rules[i].Name {
		case "resident memory", "live Go heap":
			rules[i].Peak.Abs = 64 << 20
		case "memory of the guests":
			rules[i].Growth.Rel, rules[i].Peak.Rel = 0.25, 2
		case "goroutines":
			rules[i].Growth.Abs, rules[i].Peak.Abs = 1, 3*soakedInstances
		case "instances":
			rules[i].Growth.Abs, rules[i].Peak.Abs = 1, 3*soakedInstances
		}
	}
	return rules
}

// swapAll makes all swaps and returns how long each took.
func (h *history) swapAll(ctx context.Context, reg *plugin.Registry, all []release) ([]time.Duration, error) {
	var times []time.Duration
	for i := 1; i < len(h.releases); i++ {
		active, previous := h.releases[i-1], h.releases[max(i-2, 0)]
		next, swap := h.plan(reg, all, i, active, previous)
		h.releases[i] = next
		h.begun.Store(int64(i + 1))
		begin := time.Now()
		v, err := swap(ctx)
		times = append(times, time.Since(begin))
		if err != nil {
			return times, fmt.Errorf("swap %d, to %s: %w", i, next.name, err)
		}
		if v.Hash != hash(next) {
			return times, fmt.Errorf("swap %d: version %s is active, not %s", i, v.Hash, next.name)
		}
		h.ended.Store(int64(i + 1))
	}
	return times, nil
}

// plan says how swap i goes, and where to.
func (h *history) plan(reg *plugin.Registry, all []release, i int, active, previous *release) (*release, func(context.Context) (plugin.Version, error)) {
	switch {
	case i%10 == 8 && previous != active:
		return previous, func(ctx context.Context) (plugin.Version, error) { return reg.Rollback(ctx, swapped) }
	case i%10 == 9:
		// Forward again, to what the rollback left.
		return previous, func(ctx context.Context) (plugin.Version, error) {
			return reg.Activate(ctx, swapped, hash(previous))
		}
	}
	next := &all[i%len(all)]
	if next == active {
		next = &all[(i+1)%len(all)]
	}
	return next, func(ctx context.Context) (plugin.Version, error) {
		return reg.Load(ctx, swapped, plugin.Bytes(next.wasm))
	}
}

func hash(r *release) string {
	sum := sha256.Sum256(r.wasm)
	return hex.EncodeToString(sum[:])
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
