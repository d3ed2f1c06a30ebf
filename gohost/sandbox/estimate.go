package sandbox

import (
	"context"
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost/internal/prepare"
)

// CompileEstimate is what compiling a module takes, and the limits of that for a module of
// its size. It is known before wazero sees the module: [Load] rejects one that exceeds a
// limit. The max for a single function is lower, see [Load].
type CompileEstimate struct {
	// CoreSize is the size in bytes of the core module: the module itself, or the one that
	// a component has or that was made of the component's.
	CoreSize int `json:"core_size"`
	// Time is the time on one processor. wazero uses up to four.
	Time    time.Duration `json:"time_nanoseconds"`
	MaxTime time.Duration `json:"max_time_nanoseconds"`
	// Memory is the memory in bytes while it compiles.
	Memory    uint64 `json:"memory_bytes"`
	MaxMemory uint64 `json:"max_memory_bytes"`
	// CodeMemory is what the compiled code keeps, in bytes.
	CodeMemory    uint64 `json:"code_memory_bytes"`
	MaxCodeMemory uint64 `json:"max_code_memory_bytes"`
}

// EstimateCompile returns what compiling a module would take in [Load] with the same contract
// and options, or the error with which Load would reject it, as [Check] does. It compiles
// nothing. With [WithDebugInfo], where nothing is bounded, only CoreSize is set.
func EstimateCompile(ctx context.Context, wasm []byte, contract *Contract, opts ...Option) (CompileEstimate, error) {
	config, err := newConfig(opts)
	if err == nil {
		var p prepare.Prepared
		if p, err = config.prepared(ctx, wasm, contract); err == nil {
			return estimateOf(p.Report), nil
		}
	}
	return CompileEstimate{}, NewError(moduleName(wasm), "sandbox.EstimateCompile", err)
}

func estimateOf(r prepare.Report) CompileEstimate {
	e := CompileEstimate{CoreSize: r.CoreSize}
	if r.Estimate != nil && r.Limits != nil {
		e.Time, e.Memory, e.CodeMemory = r.Estimate.Time, r.Estimate.Memory, r.Estimate.Kept
		e.MaxTime, e.MaxMemory, e.MaxCodeMemory = r.Limits.Time, r.Limits.Memory, r.Limits.Kept
	}
	return e
}

// String returns the estimate as a part of a sentence, such as "9.1 s and 744 MiB (limits:
// 67.5 s and 1024 MiB)".
func (e CompileEstimate) String() string {
	return fmt.Sprintf("%s and %s (limits: %s and %s)", seconds(e.Time), mebibytes(e.Memory), seconds(e.MaxTime), mebibytes(e.MaxMemory))
}

func seconds(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds()+1)
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

func mebibytes(n uint64) string { return fmt.Sprintf("%d MiB", (n+1<<20-1)>>20) }
