package hostile

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// waits are subscriptions to a clock that has 584 years to go.
func waits(count int) []byte {
	return slices.Repeat(words(7, 7, 0, 0, 1, 0, all1, all1, 0, 0, 0, 0), count)
}

// A guest that waits holds nothing up: it ends with its call, and pays.
func TestWaitingEndsWithItsCall(t *testing.T) {
	wait := wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 1, 0}, times: 1, data: waits(1)}
	many := wasiCall{function: "poll_oneoff", args: []uint64{room, 0, 1024, 0}, times: 1, data: waits(1024)}
	for engine, opts := range engines {
		for name, end := range map[string]struct {
			opts []gohost.Option
			time time.Duration
			is   []error
			text string
		}{
			"fuel":        {[]gohost.Option{gohost.WithFuel(3_000_000)}, 0, is(gohost.ErrLimit), "of 3000000 units"},
			"time":        {[]gohost.Option{gohost.WithCallTimeout(20 * time.Millisecond)}, 0, is(gohost.ErrLimit), "20ms"},
			"context":     {nil, 20 * time.Millisecond, is(context.DeadlineExceeded), ""},
			"no metering": {[]gohost.Option{gohost.WithDebugInfo()}, 20 * time.Millisecond, is(context.DeadlineExceeded), ""},
		} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				eng, _, err := wasiModule(t, "calls", append(slices.Clone(opts), end.opts...)...)
				require.NoError(t, err)
				for _, call := range []wasiCall{wait, many} {
					ctx := t.Context()
					if end.time > 0 {
						limited, cancel := context.WithTimeout(ctx, end.time)
						defer cancel()
						ctx = limited
					}
					_, _, err = call.run(t, ctx, eng)
					assert.Equal(t, end.is, classesOf(err), err)
					assert.ErrorContains(t, err, end.text)
				}
				isRight(t, eng)
			})
		}
	}
}
