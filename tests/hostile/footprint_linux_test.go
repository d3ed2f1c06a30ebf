package hostile

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// footprintOf names the module which the process, started by a test, is to run.
const footprintOf = "COMPUTE_PIPELINE_FOOTPRINT_OF"

// What the instances of an engine take together is bounded by their number and
// limit: however they got there, and however many were there before. The process is
// one of its own, since its peak is measured.
func TestMemoryOfAllInstancesHasTheBoundThatIsSet(t *testing.T) {
	const instances, limit = 3, 96 // MiB
	if module := os.Getenv(footprintOf); module != "" {
		exhaust(t, module, instances, limit)
		return
	}
	for _, module := range []string{"grows_page_by_page", "touches_all_memory", "takes_all_memory_and_answers"} {
		t.Run(module, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+strings.Split(t.Name(), "/")[0]+"$", "-test.v")
			cmd.Env = append(os.Environ(), footprintOf+"="+module)
			out, err := cmd.CombinedOutput()
			require.NoError(t, err, "%s", out)
			var before, peak int
			_, at, ok := strings.Cut(string(out), "footprint: ")
			require.True(t, ok, "%s", out)
			_, err = fmt.Sscanf(at, "%d %d", &before, &peak)
			require.NoError(t, err)
			t.Logf("%d MiB with an idle engine, %d MiB at the peak", before, peak)
			const reserve = 24 // of Go's own heap and stacks, MiB
			assert.LessOrEqual(t, peak, before+instances*limit*12/10+reserve)
		})
	}
}

// exhaust makes each of many instances, some at a time, as large as it may be.
func exhaust(t *testing.T, module string, instances, limit int) {
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as in any other process
	eng, err := gohost.Load(t.Context(), read(t, "call/"+module), gohost.WithMaxInstances(instances), gohost.WithMemoryLimit(limit))
	require.NoError(t, err)
	runtime.GC()
	before := mebibytes(t, "VmRSS")
	var calls sync.WaitGroup
	for range instances {
		calls.Go(func() {
			for range 5 {
				_, err := fnBatch.hostile(context.Background(), eng)
				assert.True(t, err == nil || errors.Is(err, gohost.ErrLimit), "%v", err)
			}
		})
	}
	calls.Wait()
	fmt.Println("footprint:", before, mebibytes(t, "VmHWM"))
	require.NoError(t, eng.Close(context.Background()))
}

// mebibytes is a figure that the system has of this process.
func mebibytes(t *testing.T, name string) (n int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, line, ok := strings.Cut(string(status), "\n"+name+":")
	require.True(t, ok)
	_, err = fmt.Sscan(line, &n)
	require.NoError(t, err)
	return n >> 10
}
