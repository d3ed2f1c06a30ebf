package measure_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/bench/measure"
)

// fixed takes as long as it says.
func fixed(name string, call time.Duration) measure.Contender {
	return measure.Contender{Name: name, Time: func(calls int) (time.Duration, error) {
		return time.Duration(calls) * call, nil
	}}
}

func TestRatiosAreToTheFirst(t *testing.T) {
	got, err := measure.Rounds([]measure.Contender{fixed("a", 2000), fixed("b", 6000), fixed("c", 1000)}, 3, 2)
	require.NoError(t, err)
	require.Equal(t, []measure.Timing{
		{Name: "a", Median: 2000, P10: 2000, Ratio: 1, Spread: 1},
		{Name: "b", Median: 6000, P10: 6000, Ratio: 3, Spread: 1},
		{Name: "c", Median: 1000, P10: 1000, Ratio: 0.5, Spread: 1},
	}, got)
}

func TestSlowOnesHaveFewerTurns(t *testing.T) {
	turns := make([]int, 3)
	count := func(i int, call time.Duration) measure.Contender {
		return measure.Contender{Time: func(calls int) (time.Duration, error) {
			turns[i]++
			return time.Duration(calls) * call, nil
		}}
	}
	got, err := measure.Rounds([]measure.Contender{count(0, time.Second), count(1, time.Second), count(2, time.Millisecond*10)}, 7, 2)
	require.NoError(t, err)
	// One turn more finds out how long a long call takes, and three how long a short one does.
	require.Equal(t, []int{15, 7, 17}, turns)
	require.InDelta(t, 1, got[1].Ratio, 0)
	require.InDelta(t, 1, got[1].Spread, 0)
}

// One interruption while the length of a call is looked for does not make its turns short.
func TestAnInterruptionDoesNotShortenTheTurns(t *testing.T) {
	var turns []int
	interrupted := measure.Contender{Time: func(calls int) (time.Duration, error) {
		turns = append(turns, calls)
		took := time.Duration(calls) * time.Microsecond
		if len(turns) == 1 {
			took += 2 * time.Millisecond
		}
		return took, nil
	}}
	_, err := measure.Rounds([]measure.Contender{interrupted}, 1, 1)
	require.NoError(t, err)
	require.GreaterOrEqual(t, turns[len(turns)-1], 2500)
}

func TestFailuresNameTheContender(t *testing.T) {
	failure := errors.New("wrong")
	_, err := measure.Rounds([]measure.Contender{fixed("a", 1), {Name: "b", Time: func(int) (time.Duration, error) { return 0, failure }}}, 1, 1)
	require.ErrorIs(t, err, failure)
	require.ErrorContains(t, err, "b: ")
}

func TestMemoryGrows(t *testing.T) {
	before, err := measure.PrivateMemory()
	require.NoError(t, err)
	room := make([]byte, 64<<20)
	for i := range room {
		room[i] = byte(i)
	}
	after, err := measure.PrivateMemory()
	require.NoError(t, err)
	require.Greater(t, after-before, int64(32<<20))
	require.Equal(t, byte(5), room[5])
}
