package hostile

import (
	"context"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// What a call allocates does not depend on how much a module answers, beyond the
// memory that the guest itself may have. The calls are repeated, so that what
// one of them costs shows whether its instance was kept, discarded or too large
// to be kept.
func TestAnswersThatAreTooLargeTakeNoMemory(t *testing.T) {
	const calls = 4
	for _, m := range misbehaviours {
		guest, large := map[string]uint64{ // the memory that the module makes
			"batch_of_many_megabytes": 642 << 16,
			"message_of_a_whole_list": 4097 << 16,
			"points_for_a_short_text": 3664 << 16,
			"state_of_many_megabytes": 257 << 16,
		}[m.module]
		if !large {
			continue
		}
		for name, opts := range engines {
			t.Run(m.module+"/"+name, func(t *testing.T) {
				ctx := context.Background()
				eng, err := gohost.Load(ctx, read(t, "call/"+m.module), m.options(opts)...)
				require.NoError(t, err)
				defer func() { assert.NoError(t, eng.Close(ctx)) }()
				before := totalAlloc()
				for range calls {
					_, err := m.function.hostile(ctx, eng)
					require.Equal(t, m.is, classesOf(err), "%v", err)
				}
				const slack = 1 << 20 // for starting an instance
				assert.Less(t, totalAlloc()-before, calls*(guest+slack))
				assert.Zero(t, eng.Stats().ResultBytesPeak)
			})
		}
	}
}

// totalAlloc is how many bytes of Go memory were ever allocated.
func totalAlloc() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.TotalAlloc
}
