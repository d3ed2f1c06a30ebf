package stream_test

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// soak pushes points of keys that come and go into sliding windows that have little memory, and compares
// each result with one computation over its points.
type soak struct {
	t       *testing.T
	random  *rand.Rand
	op      *operator
	now     uint64
	points  []stream.Point
	panes   map[window][]gohost.Datapoint // the points of each step
	windows map[window]bool               // those without a result
	results uint64
	spilled int // at most at a time
}

const (
	soakSize, soakStep = 400, 100
	soakDisorder       = 30
	// A key has points for as long as it would take to expire, and its windows are longer.
	soakExpiry     = 150
	soakGeneration = 500 // keys that have points at the same time
	// At most those of this moment are held, and of the two generations before, with the windows of the
	// time in which they have points.
	soakKeys    = 3 * soakGeneration
	soakWindows = soakKeys * ((soakSize+soakExpiry+soakDisorder)/soakStep + 2)
	soakMemory  = 2_000_000
	// The windows of a point may take room for a batch before memory is looked at.
	soakRoom = soakSize / soakStep * 1024 * gohost.PackedSize
)

// push pushes points of keys that come, are there for a time, and never come again.
func (s *soak) push() {
	s.points = s.points[:0]
	for range 1024 {
		if s.random.IntN(400) == 0 {
			s.now++
		}
		key := fmt.Sprintf("%d/%d", s.now/soakExpiry, s.random.IntN(soakGeneration))
		p := point(key, s.now-min(s.now, s.random.Uint64N(soakDisorder+1)), math.Ldexp(s.random.Float64()-0.5, s.random.IntN(60)))
		s.points = append(s.points, p)
		pane := paneOf(key, p.Timestamp/soakStep*soakStep)
		if s.panes[pane] == nil {
			for start := pane.span.Start; start+soakSize > pane.span.Start; start -= soakStep {
				s.windows[windowOf(key, start)] = true
				if start == 0 {
					break
				}
			}
		}
		s.panes[pane] = append(s.panes[pane], p.Datapoint)
	}
	_, err := s.op.Push(s.t.Context(), s.points, s.check)
	require.NoError(s.t, err)
	now := s.op.Stats()
	require.LessOrEqual(s.t, now.Keys, soakKeys)
	require.LessOrEqual(s.t, now.Windows, soakWindows)
	require.LessOrEqual(s.t, now.Memory, int64(soakMemory+soakRoom))
	s.spilled = max(s.spilled, now.Spilled)
}

func paneOf(key string, start uint64) window {
	return window{key: key, span: stream.Span{Start: start, Last: start + soakStep - 1}}
}

func windowOf(key string, start uint64) window {
	return window{key: key, span: stream.Span{Start: start, Last: start + soakSize - 1}}
}

func (s *soak) check(r result) error {
	var state []byte
	for start := r.Span.Start; start < r.Span.Last; start += soakStep {
		var err error
		if state, err = engine.Fold(s.t.Context(), state, s.panes[paneOf(r.Key, start)]); err != nil {
			return err
		}
	}
	delete(s.panes, paneOf(r.Key, r.Span.Start)) // the others have later windows
	w := windowOf(r.Key, r.Span.Start)
	known := s.windows[w]
	delete(s.windows, w)
	want, err := engine.Finish(s.t.Context(), state)
	if err != nil {
		return err
	}
	if want != r.Value || r.Revision != 0 || r.Span != w.span || !known {
		return fmt.Errorf("%v: expected %v", r, want)
	}
	s.results++
	return nil
}

// minutes makes the soak run for longer, and report.
var minutes = flag.Int("minutes", 0, "how long the soak runs, instead of a million points")

// Over any number of points and of keys, each window has the result of one computation over its points,
// and what is held does not grow.
func TestSoak(t *testing.T) {
	s := &soak{t: t, random: rand.New(rand.NewPCG(1, 1)), panes: map[window][]gohost.Datapoint{}, windows: map[window]bool{}}
	s.op = newOperator(t, stream.Sliding(soakSize, soakStep), stream.WithDisorder(soakDisorder), stream.WithExpiry(soakExpiry),
		stream.WithMaxMemory(soakMemory), stream.WithSpill(t.TempDir()))
	start := time.Now()
	before, reported := s.op.Stats(), start
	for s.op.Stats().Points < 1_000_000 || time.Since(start) < time.Duration(*minutes)*time.Minute {
		s.push()
		if passed := time.Since(reported); passed >= time.Minute {
			now := s.op.Stats()
			t.Logf("%s: %d points, %.0f/s, %d keys, %d windows, %d spilled, %d bytes counted, %s resident", time.Since(start).Round(time.Second),
				now.Points, float64(now.Points-before.Points)/passed.Seconds(), now.Keys, now.Windows, now.Spilled, now.Memory, resident())
			before, reported = now, time.Now()
		}
	}
	require.NoError(t, s.op.Finish(t.Context(), s.check))
	stats := s.op.Stats()
	require.Empty(t, s.windows, "each window has had its result")
	require.Zero(t, stats.Late)
	require.Equal(t, s.results, stats.Results)
	require.Positive(t, stats.Expired)
	require.Positive(t, s.spilled)
	require.Zero(t, stats.Memory)
	t.Logf("%d points, %d results, %d keys expired, up to %d windows in the file", stats.Points, stats.Results, stats.Expired, s.spilled)
}

// resident returns the resident memory of the process, where the system tells.
func resident() string {
	status, _ := os.ReadFile("/proc/self/status")
	if found := regexp.MustCompile(`VmRSS:\s+(.*)`).FindSubmatch(status); found != nil {
		return string(found[1])
	}
	return "unknown"
}
