package plugin

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// traffic plays callers against a breaker: each instance is one caller's, who
// calls again at once. kind says what the n-th call of a caller does.
type traffic struct {
	*bench
	kind func(caller, n int) (outcome Outcome, took time.Duration)
	ends []time.Time // of each caller's call
	n    []int
}

// play advances the time until the breaker opens, and returns the time since the start, or
// 0 if it never opens.
func (p *traffic) play(instances int, d time.Duration) time.Duration {
	start := p.now
	p.ends, p.n = make([]time.Time, instances), make([]int, instances)
	for i := range p.ends {
		_, took := p.kind(i, 0)
		p.ends[i] = p.now.Add(took)
	}
	for {
		next := 0
		for i := range p.ends {
			if p.ends[i].Before(p.ends[next]) {
				next = i
			}
		}
		if p.ends[next].Sub(start) > d {
			return 0
		}
		p.now = p.ends[next]
		outcome, took := p.kind(next, p.n[next])
		p.end(false, outcome, took, errTest)
		if p.status().State == BreakerOpen {
			return p.now.Sub(start)
		}
		p.n[next]++
		_, took = p.kind(next, p.n[next])
		p.ends[next] = p.now.Add(took)
	}
}

const (
	callTimeout = 10 * time.Second
	quick       = 5 * time.Millisecond
)

func hangs(int, int) (Outcome, time.Duration)    { return OutcomeLimit, callTimeout }
func succeeds(int, int) (Outcome, time.Duration) { return OutcomeOK, quick }

func TestAPluginThatHangsIsCutOff(t *testing.T) {
	for _, instances := range []int{1, 2, 3, 4, 8, 64, 1000} {
		for _, before := range []time.Duration{0, time.Minute, time.Hour} {
			t.Run(fmt.Sprintf("%d instances, quick for %v", instances, before), func(t *testing.T) {
				b := newBenchOf(t, Limits{MaxInstances: instances})
				p := &traffic{bench: b, kind: succeeds}
				if before > 0 { // one caller is enough
					require.Zero(t, p.play(1, min(before, time.Minute)))
					b.pass(before - min(before, time.Minute))
				}
				p.kind = hangs
				opened := p.play(instances, time.Hour)
				require.NotZero(t, opened)
				assert.LessOrEqual(t, opened, 3*callTimeout)
			})
		}
	}
}

// One instance is enough for a good many quick calls, so failures are few among
// all calls; but nearly all time is lost.
func TestAPluginThatHangsForMostOfTheTimeIsCutOff(t *testing.T) {
	b := newBenchOf(t, Limits{MaxInstances: 2})
	p := &traffic{bench: b, kind: func(_, n int) (Outcome, time.Duration) {
		if n%100 == 0 {
			return OutcomeLimit, callTimeout
		}
		return OutcomeOK, quick
	}}
	opened := p.play(2, time.Hour)
	require.NotZero(t, opened)
	assert.LessOrEqual(t, opened, 4*callTimeout)
	_, _, err := b.begin()
	var open *OpenError
	require.ErrorAs(t, err, &open)
	assert.GreaterOrEqual(t, open.Lost, 0.75)
	assert.ErrorContains(t, err, "% of the instances' time within 30s")
	assert.GreaterOrEqual(t, b.status().Lost, 0.75)
	b.reset()
	assert.Zero(t, b.status().Lost, "what was lost is forgotten")
}

func TestHonestTrafficDoesNotOpenTheBreaker(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, test := range map[string]struct {
		instances int
		kind      func(caller, n int) (Outcome, time.Duration)
	}{
		"one caller whose only input hangs, among others": {2, func(caller, n int) (Outcome, time.Duration) {
			if caller == 0 {
				return OutcomeLimit, callTimeout
			}
			return OutcomeOK, quick
		}},
		"one in ten traps": {4, func(_, n int) (Outcome, time.Duration) {
			if n%10 == 3 {
				return OutcomeTrap, quick
			}
			return OutcomeOK, quick
		}},
		"all sorts": {8, func(int, int) (Outcome, time.Duration) {
			switch x := random.IntN(1000); {
			case x == 0:
				return OutcomeLimit, callTimeout
			case x < 20:
				return OutcomeTrap, time.Duration(random.IntN(100)) * time.Millisecond
			default:
				return OutcomeOK, time.Duration(1+random.IntN(1000)) * time.Millisecond
			}
		}},
		"slow, but right": {2, func(int, int) (Outcome, time.Duration) { return OutcomeOK, callTimeout - 1 }},
	} {
		p := &traffic{bench: newBenchOf(t, Limits{MaxInstances: test.instances}), kind: test.kind}
		assert.Zero(t, p.play(test.instances, 15*time.Minute), "%s: opened", name) // many windows
	}

	// One caller with one input that hangs, tried twice, on a plugin that is new
	// and has one instance.
	b := newBenchOf(t, Limits{MaxInstances: 1})
	for range 2 {
		b.pass(callTimeout)
		b.end(false, OutcomeLimit, callTimeout, errTest)
	}
	b.is(BreakerClosed)
	assert.Equal(t, 1.0, b.status().Lost)
	b.pass(callTimeout)
	b.end(false, OutcomeLimit, callTimeout, errTest)
	b.is(BreakerOpen)
}

func TestTheWindowFollowsTheCallTimeout(t *testing.T) {
	for _, test := range []struct {
		limits Limits
		want   time.Duration
	}{
		{Limits{MaxInstances: 2}, 50 * time.Second},
		{Limits{MaxInstances: 1}, 100 * time.Second},
		{Limits{MaxInstances: 64}, 10 * time.Second},
		{Limits{MaxInstances: 1, CallTimeout: 50 * time.Millisecond}, 10 * time.Second},
		{Limits{MaxInstances: 2, Breaker: BreakerLimits{Window: time.Second}}, time.Second},
		{Limits{MaxInstances: 1, CallTimeout: 1<<63 - 1}, 1<<62 - 1},
	} {
		got := test.limits.or(packageDefaults).resolved()
		assert.InDelta(t, float64(test.want), float64(got.Breaker.Window), 1, "%+v", test.limits)
		assert.Positive(t, got.lossSpan())
	}
}

// Against a simple sum over all failures.
func TestLossesAreWhatASumSays(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	const span = 30 * time.Second
	now := time.Unix(1_000_000, 0)
	var l losses
	l.begin(span, now)
	type call struct{ from, to time.Time }
	var calls []call
	for range 2000 {
		now = now.Add(time.Duration(random.Int64N(int64(2 * time.Second))))
		took := time.Duration(random.Int64N(int64(40 * time.Second)))
		l.add(took, now)
		calls = append(calls, call{now.Add(-took), now})
		lost, failures, over := l.sum(now)
		require.LessOrEqual(t, over, span)
		begin := now.Add(-over)
		var want time.Duration
		count := 0
		for _, c := range calls {
			if c.to.Before(begin) {
				continue
			}
			if count++; c.from.Before(begin) {
				c.from = begin
			}
			want += c.to.Sub(c.from)
		}
		require.Equal(t, want, lost)
		require.Equal(t, count, failures)
	}
}
