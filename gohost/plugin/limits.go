package plugin

import (
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Limits bound one plugin. A field that is zero takes the registry's default
// ([WithDefaults]), and where that is zero too the one given here.
type Limits struct {
	// MaxInstances is how many calls run at the same time. Default: GOMAXPROCS.
	MaxInstances int
	// MemoryMiB bounds the linear memory of each instance. Default: 256.
	MemoryMiB int
	// MaxResultMiB bounds the Go memory for the result of a call, and HeapMiB that
	// for the results of all calls that run; see gohost.WithMaxResult and
	// gohost.WithHeapLimit. Defaults: 256 and 1024.
	MaxResultMiB, HeapMiB int
	// CallsPerInstance is after how many calls an instance is replaced by a
	// fresh one, which bounds what a leak can gather. Default: never.
	CallsPerInstance int
	// MaxWaiters is how many calls may wait for an instance; one more fails
	// with gohost.ErrBusy. [NoWaiters] allows none. Default: 1024.
	MaxWaiters int
	// CallTimeout is how long a call may run once it has an instance. Default:
	// 10 s.
	CallTimeout time.Duration
	// DrainTimeout is how long the calls of a version may run on after it was
	// replaced. Default: 30 s.
	DrainTimeout time.Duration
	// Fuel is what a call may use; see gohost.WithFuel. Default: no bound.
	Fuel uint64
	// MaxModuleBytes is how large the module may be. Default: 16 MiB.
	MaxModuleBytes int
	// Breaker says when the plugin is cut off.
	Breaker BreakerLimits
}

// NoWaiters as [Limits.MaxWaiters] lets no call wait.
const NoWaiters = -1

// BreakerLimits say when a plugin is cut off, and for how long. The breaker
// opens when, within Window, Failures calls failed and they were at least the
// share Ratio of all calls since the first of them; then calls fail at once with
// [ErrOpen]. After Cooldown one call is let through: if it fails, the breaker
// stays open for another Cooldown, otherwise it closes.
//
// Failures are traps, violations of the ABI, answers that the contract forbids
// and limits that were hit. An error that the guest answers, input the host
// refuses, the end of the caller's context and gohost.ErrBusy are none.
type BreakerLimits struct {
	// Off switches the breaker off.
	Off bool
	// Failures, from 1 to 1000. Default: 5.
	Failures int
	// Ratio is above 0 and at most 1. It keeps a few bad inputs among many
	// good ones from cutting the plugin off for everybody. Default: 0.5.
	Ratio float64
	// Window defaults to 10 s.
	Window time.Duration
	// Cooldown defaults to 5 s.
	Cooldown time.Duration
}

var packageDefaults = Limits{
	MemoryMiB:      256,
	MaxResultMiB:   256,
	HeapMiB:        1024,
	MaxWaiters:     1024,
	CallTimeout:    10 * time.Second,
	DrainTimeout:   30 * time.Second,
	MaxModuleBytes: 16 << 20,
	Breaker:        BreakerLimits{Failures: 5, Ratio: 0.5, Window: 10 * time.Second, Cooldown: 5 * time.Second},
}

const maxBreakerFailures = 1000

// or fills what is zero from the defaults.
func (l Limits) or(d Limits) Limits {
	return Limits{
		MaxInstances:     either(l.MaxInstances, d.MaxInstances),
		MemoryMiB:        either(l.MemoryMiB, d.MemoryMiB),
		MaxResultMiB:     either(l.MaxResultMiB, d.MaxResultMiB),
		HeapMiB:          either(l.HeapMiB, d.HeapMiB),
		CallsPerInstance: either(l.CallsPerInstance, d.CallsPerInstance),
		MaxWaiters:       either(l.MaxWaiters, d.MaxWaiters),
		CallTimeout:      either(l.CallTimeout, d.CallTimeout),
		DrainTimeout:     either(l.DrainTimeout, d.DrainTimeout),
		Fuel:             either(l.Fuel, d.Fuel),
		MaxModuleBytes:   either(l.MaxModuleBytes, d.MaxModuleBytes),
		Breaker: BreakerLimits{
			Off:      l.Breaker.Off || d.Breaker.Off,
			Failures: either(l.Breaker.Failures, d.Breaker.Failures),
			Ratio:    either(l.Breaker.Ratio, d.Breaker.Ratio),
			Window:   either(l.Breaker.Window, d.Breaker.Window),
			Cooldown: either(l.Breaker.Cooldown, d.Breaker.Cooldown),
		},
	}
}

func either[T comparable](x, d T) T {
	var zero T
	if x != zero {
		return x
	}
	return d
}

// Check returns an error for each value that makes no sense; zero always does.
func (l Limits) Check() error {
	for _, f := range []struct {
		name          string
		value         int
		least, atMost int
	}{
		{"MaxInstances", l.MaxInstances, 0, gohost.MaxInstancesLimit},
		{"MemoryMiB", l.MemoryMiB, 0, gohost.MaxMemoryLimit},
		{"MaxResultMiB", l.MaxResultMiB, 0, gohost.MaxResultLimit},
		{"HeapMiB", l.HeapMiB, 0, gohost.MaxHeapLimit},
		{"CallsPerInstance", l.CallsPerInstance, 0, 1 << 30},
		{"MaxWaiters", l.MaxWaiters, NoWaiters, 1 << 30},
		{"MaxModuleBytes", l.MaxModuleBytes, 0, 1 << 30},
		{"Breaker.Failures", l.Breaker.Failures, 0, maxBreakerFailures},
	} {
		if f.value < f.least || f.value > f.atMost {
			return fmt.Errorf("%w: Limits.%s is %d: from %d to %d are possible", gohost.ErrInvalidInput, f.name, f.value, f.least, f.atMost)
		}
	}
	for _, f := range []struct {
		name  string
		value time.Duration
	}{
		{"CallTimeout", l.CallTimeout},
		{"DrainTimeout", l.DrainTimeout},
		{"Breaker.Window", l.Breaker.Window},
		{"Breaker.Cooldown", l.Breaker.Cooldown},
	} {
		if f.value < 0 {
			return fmt.Errorf("%w: Limits.%s is %v: it cannot be negative", gohost.ErrInvalidInput, f.name, f.value)
		}
	}
	if r := l.Breaker.Ratio; !(r >= 0 && r <= 1) {
		return fmt.Errorf("%w: Limits.Breaker.Ratio is %v: from 0 to 1 are possible", gohost.ErrInvalidInput, r)
	}
	return nil
}

// options are the limits for gohost.
func (l Limits) options() []gohost.Option {
	opts := []gohost.Option{
		gohost.WithMaxInstances(l.MaxInstances),
		gohost.WithMemoryLimit(l.MemoryMiB),
		gohost.WithMaxResult(l.MaxResultMiB),
		gohost.WithHeapLimit(l.HeapMiB),
		gohost.WithMaxWaiters(max(l.MaxWaiters, 0)),
		gohost.WithCallTimeout(l.CallTimeout),
	}
	if l.CallsPerInstance > 0 {
		opts = append(opts, gohost.WithCallsPerInstance(l.CallsPerInstance))
	}
	if l.Fuel > 0 {
		opts = append(opts, gohost.WithFuel(l.Fuel))
	}
	return opts
}
