package kit

import (
	"context"
	"fmt"
	"strings"
)

// Of the check for leaks.
const (
	leakCalls    = 10_000
	quarters     = 4
	minLeakCalls = 1_000
	// allLeakCalls is how many calls are made of all functions together, unless there are so
	// many that each has minLeakCalls.
	allLeakCalls = 2_000_000
	// maxLonger is how many functions are called longer since memory grew.
	maxLonger = 20
	// A call has about this many bytes of arguments if there are such.
	leakSize = 2 << 10
	// muchPassed and muchGrown are more than a garbage collector waits for: Go's begins at
	// 4 MiB, and that of SpiderMonkey keeps what componentize-js makes within 1 MiB.
	muchPassed = 12 << 20
	muchGrown  = 16 << 20
)

// leakFuel is how much fuel the check for leaks uses for the calls of one function. Fewer
// calls are made if each takes more than its part, but minLeakCalls at least.
type leakFuel struct {
	// first is for all functions, and more for those whose memory has grown.
	first, more uint64
}

var defaultLeakFuel = leakFuel{first: 2_000_000_000, more: 100_000_000_000}

// leakCallsOf returns how many calls are made with some fuel.
func (c *checker) leakCallsOf(s sample, fuel uint64) int {
	return max(minLeakCalls, min(leakCalls, allLeakCalls/len(c.functions), int(fuel/max(s.fuel, 1))))
}

// longer returns which call to make how often where too few have shown that memory grows. If
// there is no fuel for all calls, they are of large arguments: what counts is how many bytes
// are passed, and these cost less fuel each.
func (c *checker) longer(s sample) (sample, int) {
	if calls := c.leakCallsOf(s, c.leakFuel.more); calls == leakCalls {
		return s, calls
	}
	for _, other := range c.samples[s.f] {
		if other.err == nil && other.f.size(other.args) > s.f.size(s.args) {
			s = other
		}
	}
	passes := 2 * muchPassed / max(s.f.size(s.args), 1)
	return s, max(minLeakCalls, min(leakCalls, passes, int(c.leakFuel.more/max(s.fuel, 1))))
}

// checkLeaks calls each function many times on one instance, and watches its memory. A
// runtime with a garbage collector may grow at first, which more calls show; if a function
// takes too much fuel for them, growth is noted unless it is more than a collector explains.
func (c *checker) checkLeaks(ctx context.Context, r *Result) {
	r.problems = true
	fewer := false
	var grown []string
	for _, f := range c.functions {
		s, ok := c.leakSample(f)
		if !ok {
			continue
		}
		calls := c.leakCallsOf(s, c.leakFuel.first)
		w, done := c.watch(ctx, r, s, calls)
		if done && w.leaks() && calls < leakCalls && len(grown)+r.Failed < maxLonger {
			s, calls = c.longer(s)
			w, done = c.watch(ctx, r, s, calls)
		}
		if !done {
			return
		}
		fewer = fewer || calls < leakCalls
		r.Cases += calls
		if w.keepsHandles() {
			what := fmt.Sprintf("the handles that it has grew from %s to %s in %s", thousands(uint64(w.handles[0])), thousands(uint64(w.handles[quarters-1])), count(w.calls, "call"))
			if calls >= leakCalls {
				r.failCall("", f, s.args, &Failure{Got: what, Want: "as many handles", rule: ruleHandles})
			} else {
				grown = append(grown, f.shown()+": "+what+", which a garbage collector may drop")
			}
		}
		if w.leaks() && calls < leakCalls && !w.isMuch() {
			grown = append(grown, fmt.Sprintf("memory of %s grew from %s to %s in %s, which may be a garbage collector",
				f.shown(), size(w.memory[0]), size(w.memory[quarters-1]), count(w.calls, "call")))
		} else if w.leaks() {
			r.failCall("", f, s.args, &Failure{
				Got:    fmt.Sprintf("memory grew from %s to %s in %s", size(w.memory[0]), size(w.memory[quarters-1]), count(w.calls, "call")),
				Want:   "the same memory",
				Reason: fmt.Sprintf("about %s a call", count(int(w.grown())/w.calls, "byte")),
			})
		}
	}
	if r.Cases == 0 {
		r.skip("no call succeeded")
	} else if fewer {
		r.note("%s", strings.Join(append([]string{"fewer of functions that take much fuel"}, grown...), "; "))
	}
}

// watched is the memory of an instance.
type watched struct {
	memory  [quarters]int64 // after each quarter of the calls
	handles [quarters]int
	calls   int   // in the last three quarters
	passed  int64 // bytes of arguments in these
}

func (w *watched) grown() int64 { return w.memory[quarters-1] - w.memory[0] }

// leaks reports whether memory has grown in each of the last three quarters, or by half of
// what was passed if that was much: an allocator may grow in few large steps.
func (w *watched) leaks() bool {
	m := w.memory
	return m[1] > m[0] && m[2] > m[1] && m[3] > m[2] || w.keepsArguments()
}

// keepsHandles reports whether the guest has kept more and more handles.
func (w *watched) keepsHandles() bool {
	h := w.handles
	return h[1] > h[0] && h[2] > h[1] && h[3] > h[2]
}

// isMuch reports whether memory has grown by more than a garbage collector explains.
func (w *watched) isMuch() bool { return w.keepsArguments() || w.grown() > muchGrown }

// keepsArguments reports whether memory has grown by a good part of what was passed, if that
// was much.
func (w *watched) keepsArguments() bool {
	return w.passed >= muchPassed && w.grown() > w.passed/2
}

// watch makes calls on a new instance. It returns false if the check ended.
func (c *checker) watch(ctx context.Context, r *Result, s sample, calls int) (w watched, done bool) {
	c.module.CloseIdle()
	started := c.module.Stats().InstancesStarted + 1
	quarter := calls / quarters
	w.calls = calls - quarter
	w.passed = int64(s.f.size(s.args)) * int64(w.calls)
	for i := range quarter * quarters {
		a := c.module.call(ctx, s.f, s.args)
		if c.exhausted(ctx) {
			return w, false
		}
		if !s.same(s.f, a) {
			failure := c.failure(s.f, a)
			failure.Want, failure.Reason = s.text(s.f), "in call "+thousands(uint64(i+1))
			if failure.rule == (Rule{}) {
				failure.rule = c.written(ruleReuse)
			}
			r.failCall("", s.f, s.args, failure)
			return watched{}, true
		}
		if (i+1)%quarter == 0 {
			w.memory[i/quarter], w.handles[i/quarter] = c.module.Stats().MemoryBytes, c.module.info.Handles
		}
	}
	if now := c.module.Stats().InstancesStarted; now != started {
		// An instance with more than 64 MiB is replaced.
		r.failCall("", s.f, s.args, &Failure{Got: fmt.Sprintf("%s of more than 64 MiB were replaced", count(int(now-started), "instance")), Want: "the same memory"})
		return watched{}, true
	}
	return w, true
}

// leakSample returns a call that succeeded, with arguments of a good size.
func (c *checker) leakSample(f *function) (best sample, ok bool) {
	distance := func(s sample) int {
		d := f.size(s.args) - leakSize
		return max(d, -d)
	}
	for _, s := range c.samples[f] {
		if s.err == nil && (!ok || s.isErr(f) != best.isErr(f) && best.isErr(f) || s.isErr(f) == best.isErr(f) && distance(s) < distance(best)) {
			best, ok = s, true
		}
	}
	return best, ok
}
