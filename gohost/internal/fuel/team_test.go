package fuel_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// members are instances for one call, the first of which has begun it.
func members(t *testing.T, n int, ctx context.Context, budget uint64) (*fuel.Team, []*guest) {
	t.Helper()
	all := make([]*guest, n)
	for i := range all {
		all[i] = start(t, wazero.NewRuntimeConfig())
	}
	all[0].meter.Begin(ctx, fuel.Limits{Budget: budget})
	team := all[0].meter.Lead()
	for _, g := range all[1:] {
		g.meter.Join(team)
	}
	return team, all
}

func (g *guest) burn(units uint64) error {
	_, err := g.module.ExportedFunction("burn").Call(&g.meter, units)
	return err
}

// finish ends the call of the members, and returns the fuel of each that joined, and of all.
func finish(t *testing.T, all []*guest) (each []uint64, used uint64) {
	t.Helper()
	require.NoError(t, all[0].meter.Rest())
	for _, g := range all[1:] {
		n, err := g.meter.End()
		require.NoError(t, err)
		each = append(each, n)
	}
	all[0].meter.Reunite()
	used, err := all[0].meter.End()
	require.NoError(t, err)
	return each, used
}

func TestATeamUsesWhatItsMembersUse(t *testing.T) {
	_, all := members(t, 3, t.Context(), fuel.Unlimited)
	require.NoError(t, all[0].burn(5))
	require.NoError(t, all[1].burn(3*fuel.Slice+1))
	require.NoError(t, all[1].burn(1))
	each, used := finish(t, all)
	assert.Equal(t, []uint64{3*fuel.Slice + 2, 0}, each)
	assert.EqualValues(t, 3*fuel.Slice+7, used)

	// The next calls count nothing of it.
	for _, g := range all {
		used, err := g.call(t.Context(), fuel.Limits{Budget: 9}, "burn", 9)
		require.NoError(t, err)
		assert.EqualValues(t, 9, used)
	}
}

// What a member was granted and did not use is the others'.
func TestATeamSpendsItsBudgetToTheLastUnit(t *testing.T) {
	const budget = 4 * fuel.Slice
	for _, more := range []uint64{0, 1} {
		_, all := members(t, 2, t.Context(), budget)
		require.NoError(t, all[0].burn(10))
		require.NoError(t, all[1].burn(20))
		require.NoError(t, all[0].meter.Rest())
		err := all[1].burn(budget - 30 + more)
		used, over := all[1].meter.End()
		require.NoError(t, over)
		all[0].meter.Reunite()
		if more == 0 {
			require.NoError(t, err)
			assert.EqualValues(t, budget-10, used)
			require.NoError(t, all[0].meter.Exceeded())
		} else {
			require.ErrorIs(t, err, fuel.ErrBudget)
			assert.EqualValues(t, 20, used, "what could not be paid was not done")
		}
		_, err = all[0].meter.End()
		require.NoError(t, err)
	}
}

// A member that finds the budget spent waits for what the others return.
func TestAMemberWaitsForFuel(t *testing.T) {
	const budget = fuel.Slice // the first grant of the first member
	_, all := members(t, 2, t.Context(), budget)
	waited := make(chan error)
	go func() { waited <- all[1].burn(budget - 7) }()
	require.NoError(t, all[0].burn(7))
	require.NoError(t, all[0].meter.Rest())
	require.NoError(t, <-waited)
	_, err := all[1].meter.End()
	require.NoError(t, err)
	all[0].meter.Reunite()
	used, err := all[0].meter.End()
	require.NoError(t, err)
	assert.EqualValues(t, budget, used)
}

// If all of them wait, the call needs more than its budget.
func TestATeamThatWaitsHasSpentItsBudget(t *testing.T) {
	_, all := members(t, 3, t.Context(), fuel.Slice)
	errs := make(chan error)
	for _, g := range all {
		go func() { errs <- g.burn(fuel.Slice + 1) }()
	}
	for range all {
		err := <-errs
		require.ErrorIs(t, err, fuel.ErrBudget)
		assert.ErrorContains(t, err, "of 100000 units")
	}
	_, used := finish(t, all)
	assert.Zero(t, used)
}

// The last operation of a part may use more than was granted: it is paid, or too much.
func TestATeamPaysForWhatEndsAPart(t *testing.T) {
	for _, budget := range []uint64{3 * fuel.Slice, 3*fuel.Slice - 1} {
		_, all := members(t, 2, t.Context(), budget)
		require.NoError(t, all[0].meter.Rest())
		_, err := all[1].module.ExportedFunction("bulk").Call(&all[1].meter, 3*fuel.Slice)
		require.NoError(t, err, "nobody is asked before a bulk operation")
		used, err := all[1].meter.End()
		assert.EqualValues(t, 3*fuel.Slice, used)
		all[0].meter.Reunite()
		if budget == 3*fuel.Slice {
			require.NoError(t, err)
			require.NoError(t, all[0].meter.Exceeded())
		} else {
			require.ErrorIs(t, err, fuel.ErrBudget)
			require.ErrorIs(t, all[0].meter.Exceeded(), fuel.ErrBudget)
		}
	}
}

func TestAFailureStopsThePartsAfterIt(t *testing.T) {
	team, all := members(t, 2, t.Context(), fuel.Unlimited)
	team.Fail(5)
	team.Fail(3)
	team.Fail(4)
	for part, stopped := range []bool{false, false, false, false, true, true, true} {
		assert.Equal(t, stopped, team.Failed(part))
		all[1].meter.Work(part)
		if err := all[1].burn(2 * fuel.Slice); stopped {
			require.ErrorContains(t, err, "an earlier part of the call failed")
		} else {
			require.NoError(t, err)
		}
	}
	finish(t, all)
}

// It also stops those that wait, whose fuel will not come.
func TestAFailureEndsWaiting(t *testing.T) {
	team, all := members(t, 2, t.Context(), fuel.Slice)
	all[1].meter.Work(2)
	waited := make(chan error)
	go func() { waited <- all[1].burn(1) }()
	team.Fail(1)
	require.ErrorContains(t, <-waited, "an earlier part of the call failed")
	finish(t, all)
}

func TestATeamHasTheContextOfItsCall(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	_, all := members(t, 2, ended, math.MaxInt64)
	require.NoError(t, all[1].burn(2*fuel.Slice))
	cancel()
	require.ErrorIs(t, all[1].burn(2*fuel.Slice), context.Canceled)
	finish(t, all)
}
