package cabi

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/fuel"
)

// A call's context is that of its own caller, also in an instance without imports.
func TestContextIsOfItsOwnCall(t *testing.T) {
	type key struct{}
	for name, limits := range map[string]fuel.Limits{
		"no limit": {Budget: fuel.Unlimited}, "a time limit": {Budget: fuel.Unlimited, Time: time.Hour},
	} {
		in := start(t, "echo")
		var meter fuel.Meter
		for _, caller := range []string{"first", "second"} {
			meter.Begin(context.WithValue(t.Context(), key{}, caller), limits)
			c := in.Call(&meter, in.Func("argument"))
			ctx := c.Context()
			assert.Equal(t, caller, ctx.Value(key{}), name)
			require.NoError(t, ctx.Err())
			require.NoError(t, c.Done())
			assert.Nil(t, in.scope.host, name)
			if limits.Time > 0 {
				require.ErrorIs(t, ctx.Err(), context.Canceled, "its timer must not stay")
			} else {
				require.NoError(t, ctx.Err())
			}
		}
	}
}
