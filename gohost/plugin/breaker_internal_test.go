package plugin

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var errTest = errors.New("it trapped")

// bench is a breaker with a clock that the test turns.
type bench struct {
	*breaker
	t   *testing.T
	now time.Time
}

func newBench(t *testing.T, limits BreakerLimits) *bench {
	return newBenchOf(t, Limits{MaxInstances: 4, Breaker: limits})
}

// newBenchOf is with all limits; what is zero has its default.
func newBenchOf(t *testing.T, limits Limits) *bench {
	b := &bench{t: t, now: time.Unix(1_000_000, 0)}
	b.breaker = newBreaker(limits.or(packageDefaults).resolved(), func() time.Time { return b.now })
	return b
}

func (b *bench) pass(d time.Duration) { b.now = b.now.Add(d) }

// call is one call that ends so, at once; it reports whether it was let through.
func (b *bench) call(outcome Outcome) bool {
	b.t.Helper()
	probe, _, err := b.begin()
	if err != nil {
		require.ErrorIs(b.t, err, ErrOpen)
		return false
	}
	b.end(probe, outcome, 0, errTest)
	return true
}

func (b *bench) is(state BreakerState) {
	b.t.Helper()
	assert.Equal(b.t, state, b.status().State)
}

var fiveIn10s = BreakerLimits{Failures: 5, Ratio: 0.5, Window: 10 * time.Second, Cooldown: 4 * time.Second}

func TestBreakerOpensAndCloses(t *testing.T) {
	b := newBench(t, fiveIn10s)
	for i := range 5 {
		b.is(BreakerClosed)
		require.True(t, b.call([]Outcome{OutcomeTrap, OutcomeABI, OutcomeLimit, OutcomeContract, OutcomeTrap}[i]))
		b.pass(time.Second)
	}
	b.is(BreakerOpen)
	_, _, err := b.begin()
	var open *OpenError
	require.ErrorAs(t, err, &open)
	assert.Equal(t, errTest, open.Last)
	assert.NotErrorIs(t, err, errTest, "its class is ErrOpen alone")
	assert.Equal(t, b.now.Add(3*time.Second), open.Until)
	assert.ErrorContains(t, err, "after 5 failures within 10s; the last: it trapped")

	b.pass(3*time.Second - 1)
	require.False(t, b.call(OutcomeOK))
	b.pass(1)
	b.is(BreakerHalfOpen)
	probe, changed, err := b.begin()
	require.NoError(t, err)
	require.True(t, probe)
	assert.Equal(t, &transition{from: BreakerOpen, to: BreakerHalfOpen}, changed)
	require.False(t, b.call(OutcomeOK), "one probe at a time")
	assert.Equal(t, &transition{from: BreakerHalfOpen, to: BreakerOpen, err: errTest}, b.end(true, OutcomeTrap, 0, errTest))
	b.is(BreakerOpen)

	b.pass(4 * time.Second)
	probe, changed, err = b.begin()
	require.NoError(t, err)
	assert.NotNil(t, changed)
	assert.Equal(t, &transition{from: BreakerHalfOpen, to: BreakerClosed}, b.end(probe, OutcomeGuest, 0, nil), "an answer is an answer")
	b.is(BreakerClosed)
	for range 4 {
		require.True(t, b.call(OutcomeTrap))
	}
	b.is(BreakerClosed)
	require.True(t, b.call(OutcomeTrap))
	b.is(BreakerOpen)
}

func TestBreakerForgetsWhatIsOlderThanTheWindow(t *testing.T) {
	b := newBench(t, fiveIn10s)
	for range 20 { // four in any 10 s
		require.True(t, b.call(OutcomeTrap))
		b.pass(2600 * time.Millisecond)
	}
	b.is(BreakerClosed)
	b.call(OutcomeTrap)
	b.call(OutcomeTrap)
	b.is(BreakerOpen)
}

func TestBreakerStaysClosedForFewFailuresAmongMany(t *testing.T) {
	b := newBench(t, fiveIn10s)
	for range 100 {
		require.True(t, b.call(OutcomeTrap))
		require.True(t, b.call(OutcomeOK))
		require.True(t, b.call(OutcomeOK))
	}
	b.is(BreakerClosed)
	require.True(t, b.call(OutcomeTrap))
	require.True(t, b.call(OutcomeTrap))
	b.is(BreakerClosed) // five of eleven
	require.True(t, b.call(OutcomeTrap))
	b.is(BreakerOpen) // five of nine

	b = newBench(t, fiveIn10s)
	for range 4 {
		b.call(OutcomeTrap)
	}
	for range 6 { // five of eleven are less than half
		b.call(OutcomeOK)
	}
	b.call(OutcomeTrap)
	b.is(BreakerClosed)
}

func TestBreakerDoesNotCountWhatIsNotThePluginsFault(t *testing.T) {
	b := newBench(t, fiveIn10s)
	for range 100 {
		for _, outcome := range []Outcome{
			OutcomeInvalid, OutcomeBusy, OutcomeCanceled, OutcomeDrained, OutcomeOther, OutcomeGuest, OutcomeOK,
		} {
			require.True(t, b.call(outcome))
		}
	}
	b.is(BreakerClosed)
}

func TestAProbeThatTellsNothingLeavesThePlaceToTheNext(t *testing.T) {
	b := newBench(t, BreakerLimits{Failures: 1, Window: time.Second, Cooldown: time.Second})
	b.call(OutcomeTrap)
	b.pass(time.Second)
	for range 3 {
		require.True(t, b.call(OutcomeBusy))
		b.is(BreakerHalfOpen)
	}
	require.True(t, b.call(OutcomeOK))
	b.is(BreakerClosed)
}

func TestLateFailuresDoNotProlongTheCooldown(t *testing.T) {
	b := newBench(t, BreakerLimits{Failures: 2, Window: time.Second, Cooldown: time.Second})
	for range 3 { // all begin before the first ends
		_, _, err := b.begin()
		require.NoError(t, err)
	}
	b.end(false, OutcomeTrap, 0, errTest)
	require.NotNil(t, b.end(false, OutcomeTrap, 0, errTest))
	until := b.status().Until
	b.pass(500 * time.Millisecond)
	assert.Nil(t, b.end(false, OutcomeTrap, 0, errTest))
	assert.Equal(t, until, b.status().Until)
	assert.Nil(t, b.end(false, OutcomeOK, 0, nil), "a late success does not close it")
	b.is(BreakerOpen)
}

func TestResetAndOff(t *testing.T) {
	b := newBench(t, BreakerLimits{Failures: 2, Window: time.Second, Cooldown: time.Hour})
	b.call(OutcomeTrap)
	b.call(OutcomeTrap)
	b.is(BreakerOpen)
	assert.Equal(t, &transition{from: BreakerOpen, to: BreakerClosed}, b.reset())
	assert.Nil(t, b.reset())
	assert.Equal(t, BreakerStatus{State: BreakerClosed}, b.status())
	b.call(OutcomeTrap)
	b.is(BreakerClosed)

	b = newBench(t, BreakerLimits{Off: true, Failures: 1, Window: time.Second})
	for range 10 {
		require.True(t, b.call(OutcomeTrap))
	}
	b.is(BreakerClosed)
}
