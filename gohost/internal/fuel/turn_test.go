package fuel

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// asks are when a guest asks for fuel, in one call.
func asks(t *turn, times ...time.Duration) (over []bool) {
	t.begin()
	for _, now := range times {
		is := t.isOver(now)
		if is {
			t.resume(now + time.Second) // others ran
		}
		over = append(over, is)
	}
	return over
}

func TestTurnEndsAfterItsTime(t *testing.T) {
	const rest = maxTurn - firstSlice
	var guest turn
	assert.Equal(t, []bool{false, false, true}, asks(&guest, 1, rest, rest+1))
	// The second in which others ran does not count.
	assert.Equal(t, []bool{false, true, false, true},
		asks(&turn{}, 1, rest+1, time.Second+rest+1, time.Second+rest+1+maxTurn))
}

func TestTurnGoesOnInTheNextCall(t *testing.T) {
	var guest turn
	for call := range int(maxTurn / firstSlice) {
		// Nor does the time between two calls.
		now := time.Hour * time.Duration(1+call)
		last := call+1 == int(maxTurn/firstSlice)
		assert.Equal(t, []bool{last}, asks(&guest, now), "call %d", call)
	}
	assert.Equal(t, []bool{false}, asks(&guest, 1))
}

func TestMeterBeginsATurnWithEachCall(t *testing.T) {
	var m Meter
	m.Begin(t.Context(), Limits{Budget: Unlimited})
	m.isOver(time.Hour)
	m.Begin(t.Context(), Limits{Budget: Unlimited})
	assert.False(t, m.isOver(2*time.Hour))
	assert.Equal(t, 2*firstSlice, m.ran)
}

func TestRefuelTakesTimeOfTheTurn(t *testing.T) {
	var m Meter
	m.Begin(t.Context(), Limits{Budget: Unlimited})
	stack := []uint64{0}
	refuel(&m, stack)
	assert.EqualValues(t, Slice, stack[0])
	assert.Equal(t, firstSlice, m.ran)
	m.ran = maxTurn
	refuel(&m, stack)
	assert.Zero(t, m.ran, "the guest gave way")
}
