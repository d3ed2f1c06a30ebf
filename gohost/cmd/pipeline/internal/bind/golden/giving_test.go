package golden_test

import (
	"context"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/golden/giving"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

// gift counts how often it is closed.
type gift struct{ closed int }

func (g *gift) Close(context.Context) error {
	g.closed++
	return nil
}

// gifts makes the arguments of Keep, with 18 buckets in all.
type gifts struct {
	all []*gift

	list   []giving.Bucket
	named  map[string]giving.Bucket
	nested [][]wit.Option[giving.Named]
	some   giving.Some
}

func newGifts() *gifts {
	g := &gifts{named: map[string]giving.Bucket{}}
	next := func() *gift {
		g.all = append(g.all, &gift{})
		return g.all[len(g.all)-1]
	}
	for i := range 4 {
		g.list = append(g.list, next())
		g.named[strconv.Itoa(i)] = next()
		g.nested = append(g.nested, []wit.Option[giving.Named]{{}, wit.Some(giving.Named{Name: "a", Bucket: next()}), wit.Some(giving.Named{Bucket: next()})})
	}
	g.some = giving.SomeMore{Value: []giving.Bucket{next(), next()}}
	return g
}

// What a function is given is closed once, however the call ends: by the guest, or with its
// instance, or because the guest never gets it.
func TestWhatIsGivenIsClosedOnce(t *testing.T) {
	const n = 18
	long := strings.Repeat("x", 2000)
	for name, test := range map[string]struct {
		change func(g *gifts)
		is     error
		// takenOut is how many the test itself takes out.
		takenOut int
		// atOnce says that all are closed when the call returns.
		atOnce bool
	}{
		"all is well":             {change: func(*gifts) {}},
		"the list is invalid":     {change: func(g *gifts) { g.list[1] = nil }, is: sandbox.ErrInvalidInput, takenOut: 1},
		"a key is invalid":        {change: func(g *gifts) { g.named["\xff"], g.named["1"] = g.named["1"], nil }, is: sandbox.ErrInvalidInput},
		"no room for a key":       {change: func(g *gifts) { g.named[long] = g.list[3]; g.list = g.list[:3] }, is: sandbox.ErrTrap},
		"no room for a name":      {change: func(g *gifts) { g.nested[1][1].Value.Name = long }, is: sandbox.ErrTrap},
		"a name is invalid":       {change: func(g *gifts) { g.nested[0][2].Value.Name = "\xff" }, is: sandbox.ErrInvalidInput},
		"the variant is nil":      {change: func(g *gifts) { g.list = append(g.list, g.some.(giving.SomeMore).Value...); g.some = nil }, is: sandbox.ErrInvalidInput},
		"the call does not begin": {change: func(*gifts) {}, is: context.Canceled, atOnce: true},
	} {
		t.Run(name, func(t *testing.T) {
			wasm, err := os.ReadFile("testdata/giving.wasm")
			require.NoError(t, err)
			module, err := giving.Load(ctx, wasm, sandbox.WithMaxInstances(1))
			require.NoError(t, err)
			g := newGifts()
			require.Len(t, g.all, n)
			test.change(g)
			limited, cancel := context.WithCancel(ctx)
			if test.atOnce {
				cancel()
			}
			defer cancel()
			require.ErrorIs(t, module.Keep(limited, g.list, g.named, g.nested, g.some), test.is)
			if test.atOnce {
				for i, gift := range g.all {
					assert.Equal(t, 1, gift.closed, i)
				}
			}
			require.NoError(t, module.Close(ctx)) // which waits for what is closed in the background
			missing := 0
			for _, gift := range g.all {
				assert.LessOrEqual(t, gift.closed, 1)
				missing += 1 - gift.closed
			}
			assert.Equal(t, test.takenOut, missing)
		})
	}
}
