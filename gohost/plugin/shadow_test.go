package plugin_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/sandbox"
)

// answers are what a binding in these tests returns.
type answers func(int) (int, error)

func TestAShadowCountsDifferences(t *testing.T) {
	busy, trapped := sandbox.ErrBusy, sandbox.ErrTrap
	active := answers(func(n int) (int, error) { return n, map[int]error{3: trapped, 4: busy, 5: trapped}[n] })
	candidate := answers(func(n int) (int, error) {
		switch n {
		case 1:
			return -1, nil
		case 2, 4, 5:
			return 0, trapped
		}
		return n, nil
	})
	shadow := plugin.NewShadow[answers, int](active, candidate)
	var differences [][2]int
	shadow.OnDifference = func(a, b int) { differences = append(differences, [2]int{a, b}) }
	for n := range 7 {
		got, err := shadow.Call(t.Context(), func(_ context.Context, b answers) (int, error) { return b(n) })
		want, wantErr := active(n)
		assert.Equal(t, want, got)
		assert.Equal(t, wantErr, err)
	}
	r := shadow.Report()
	assert.Equal(t, [][2]int{{1, -1}}, differences)
	r.ActiveTime, r.CandidateTime = 0, 0
	assert.Equal(t, plugin.ShadowReport{Calls: 7, Compared: 7, Same: 3, Different: 1, Failed: 2, Answered: 1}, r)
}

func TestAShadowComparesAFewCalls(t *testing.T) {
	calls := map[string]int{}
	var mu sync.Mutex
	shadow := plugin.NewShadow[string, bool]("active", "candidate")
	shadow.Every, shadow.Same = 10, func(a, b bool) bool { return true }
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 250 {
				_, err := shadow.Call(t.Context(), func(_ context.Context, b string) (bool, error) {
					mu.Lock()
					defer mu.Unlock()
					calls[b]++
					return b == "active", nil
				})
				assert.NoError(t, err)
			}
		})
	}
	all.Wait()
	assert.Equal(t, map[string]int{"active": 1000, "candidate": 100}, calls)
	r := shadow.Report()
	assert.Equal(t, []uint64{1000, 100, 100}, []uint64{r.Calls, r.Compared, r.Same})
}

// A call that its caller gives up is not held against the candidate.
func TestAShadowDoesNotCountWhatWasGivenUp(t *testing.T) {
	shadow := plugin.NewShadow[bool, int](true, false)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := shadow.Call(ctx, func(ctx context.Context, active bool) (int, error) {
		if active {
			return 1, nil
		}
		cancel()
		return 0, ctx.Err()
	})
	require.NoError(t, err)
	assert.Zero(t, shadow.Report().Compared)
}

// A candidate that used up the time of a call, which the active version did not need, has failed.
func TestAShadowCountsACandidateThatIsTooSlow(t *testing.T) {
	shadow := plugin.NewShadow[bool, int](true, false)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	answered := make(chan struct{})
	got, err := shadow.Call(ctx, func(ctx context.Context, active bool) (int, error) {
		if active {
			close(answered)
			return 1, nil
		}
		<-answered
		<-ctx.Done()
		return 0, ctx.Err()
	})
	require.NoError(t, err)
	assert.Equal(t, 1, got)
	r := shadow.Report()
	assert.Equal(t, []uint64{1, 1}, []uint64{r.Compared, r.Failed})
}

// What the program does with the candidate's answer is no danger to what serves.
func TestAShadowSurvivesAPanicOfTheCandidatesCall(t *testing.T) {
	shadow := plugin.NewShadow[bool, int](true, false)
	got, err := shadow.Call(t.Context(), func(_ context.Context, active bool) (int, error) {
		var list []int
		if active {
			list = append(list, 1)
		}
		return list[0], nil
	})
	require.NoError(t, err)
	assert.Equal(t, 1, got)
	r := shadow.Report()
	assert.Equal(t, []uint64{1, 1}, []uint64{r.Compared, r.Failed})
}
