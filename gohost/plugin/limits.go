package plugin

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Limits are the limits of one plugin. A zero field means the registry's default
// ([WithDefaultLimits]), or if that is zero too, the default stated here. [Unlimited]
// means no limit, for the fields that say so. The tags are the names in files; see
// [Limits.UnmarshalJSON].
type Limits struct {
	// MaxInstances is the max number of calls that run at the same time. Default:
	// GOMAXPROCS.
	MaxInstances int `json:"max_instances,omitzero"`
	// MemoryMiB is the max linear memory of each instance. Default: 256.
	MemoryMiB int `json:"memory_mib,omitzero"`
	// MaxResultMiB is the max Go memory for the result of a call, and HeapMiB that
	// for the results of all running calls; see gohost.WithMaxResult and
	// gohost.WithHeapLimit. Defaults: 256 and 1024.
	MaxResultMiB int `json:"max_result_mib,omitzero"`
	HeapMiB      int `json:"heap_mib,omitzero"`
	// CallsPerInstance is the number of calls after which an instance is replaced
	// by a fresh one, which limits what a leak can accumulate. Default: Unlimited.
	CallsPerInstance int `json:"calls_per_instance,omitzero"`
	// MaxWaiters is the max number of calls that wait for an instance. One more
	// fails with gohost.ErrBusy. [NoWaiters] allows none. Default: 1024.
	MaxWaiters int `json:"max_waiters,omitzero"`
	// CallTimeout is how long a call may run once it has an instance, or
	// Unlimited. Default: 10 s.
	CallTimeout time.Duration `json:"call_timeout,omitzero"`
	// DrainTimeout is how long the calls of a version may run on after it was
	// replaced, or Unlimited. Default: 30 s.
	DrainTimeout time.Duration `json:"drain_timeout,omitzero"`
	// Fuel is the max fuel of a call; see gohost.WithFuel. Default: Unlimited.
	Fuel int64 `json:"fuel,omitzero"`
	// MaxModuleBytes is the max size of the module. Default: 16 MiB.
	MaxModuleBytes int `json:"max_module_bytes,omitzero"`
	// Breaker configures the circuit breaker.
	Breaker BreakerLimits `json:"breaker,omitzero"`
}

// Unlimited means no limit, in fields of [Limits] that allow it. Zero means the
// default.
const Unlimited = -1

// NoWaiters, as [Limits.MaxWaiters], allows no call to wait.
const NoWaiters = -1

// BreakerLimits configure a plugin's circuit breaker. It opens when a call fails and
// one of two conditions holds:
//
//   - Number: within Window, Failures calls failed, and they were at least the
//     share Ratio of all calls since the first of them.
//   - Time: at least 3 calls failed (or Failures, if that is fewer), and failed
//     calls held instances for at least the share Lost of the time of all
//     MaxInstances instances. That is measured over the last 3 x CallTimeout, or
//     since the version was activated or the breaker closed, if that is later,
//     but over at least one CallTimeout.
//
// So the breaker opens after at most about three call timeouts if every call hangs, and
// one caller's bad inputs among many good calls do not open it for all callers.
// While it is open, calls fail at once with [ErrOpen]. After Cooldown it allows one
// call: if that fails, it stays open for another Cooldown, otherwise it closes.
//
// Failures are traps, violations of the ABI or of the contract ([Judge] too), and exceeded
// limits. An error that the guest returns, input that the host rejects or that has no room in
// the instance, the end of the caller's context and gohost.ErrBusy are not failures.
type BreakerLimits struct {
	// Off disables the breaker.
	Off bool `json:"off,omitzero"`
	// Failures, from 1 to 1000. Default: 5.
	Failures int `json:"failures,omitzero"`
	// Ratio is above 0 and at most 1. It prevents a few bad inputs among many good
	// ones from opening the breaker. Default: 0.5.
	Ratio float64 `json:"ratio,omitzero"`
	// Lost is above 0 and at most 1. Default: 0.75.
	Lost float64 `json:"lost,omitzero"`
	// Window defaults to max(10 s, 2 x CallTimeout x Failures / MaxInstances):
	// twice the time that Failures calls take if they all hang.
	Window time.Duration `json:"window,omitzero"`
	// Cooldown defaults to 5 s.
	Cooldown time.Duration `json:"cooldown,omitzero"`
}

var packageDefaults = Limits{
	MemoryMiB:        256,
	MaxResultMiB:     256,
	HeapMiB:          1024,
	CallsPerInstance: Unlimited,
	MaxWaiters:       1024,
	CallTimeout:      10 * time.Second,
	DrainTimeout:     30 * time.Second,
	Fuel:             Unlimited,
	MaxModuleBytes:   16 << 20,
	Breaker:          BreakerLimits{Failures: 5, Ratio: 0.5, Lost: 0.75, Cooldown: 5 * time.Second},
}

const maxBreakerFailures = 1000

// minWindow is the shortest default of BreakerLimits.Window.
const minWindow = 10 * time.Second

// resolved returns the limits with the defaults that depend on other limits. No other
// field is zero.
func (l Limits) resolved() Limits {
	if l.Breaker.Window == 0 {
		// Floats cannot overflow. A window that is too long is the same as forever.
		window := 2 * float64(l.longestCall()) * float64(l.Breaker.Failures) / float64(l.MaxInstances)
		l.Breaker.Window = max(minWindow, time.Duration(min(window, float64(math.MaxInt64/2))))
	}
	return l
}

// longestCall returns the CallTimeout for the arithmetic of the breaker, bounded so that
// it cannot overflow.
func (l Limits) longestCall() time.Duration {
	const forever = math.MaxInt64 / 16
	if l.CallTimeout == Unlimited {
		return forever
	}
	return min(l.CallTimeout, forever)
}

// lossSpan returns the span over which the breaker counts lost time.
func (l Limits) lossSpan() time.Duration { return 3 * l.longestCall() }

// or returns the limits with zero fields replaced by the defaults.
func (l Limits) or(defaults Limits) Limits {
	fill(reflect.ValueOf(&l).Elem(), reflect.ValueOf(defaults))
	return l
}

// fill sets zero fields of a struct to those of the defaults.
func fill(fields, defaults reflect.Value) {
	for i := range fields.NumField() {
		switch field := fields.Field(i); {
		case field.Kind() == reflect.Struct:
			fill(field, defaults.Field(i))
		case field.IsZero():
			field.Set(defaults.Field(i))
		}
	}
}

// Check returns an error if a value is invalid. Zero is always valid.
func (l Limits) Check() error {
	const most = 1 << 30
	b := l.Breaker
	return cmp.Or(
		checkRange("MaxInstances", l.MaxInstances, 0, gohost.MaxInstancesLimit),
		checkRange("MemoryMiB", l.MemoryMiB, 0, gohost.MaxMemoryLimit),
		checkRange("MaxResultMiB", l.MaxResultMiB, 0, gohost.MaxResultLimit),
		checkRange("HeapMiB", l.HeapMiB, 0, gohost.MaxHeapLimit),
		checkRange("CallsPerInstance", l.CallsPerInstance, Unlimited, most),
		checkRange("MaxWaiters", l.MaxWaiters, NoWaiters, most),
		checkRange("CallTimeout", l.CallTimeout, Unlimited, math.MaxInt64),
		checkRange("DrainTimeout", l.DrainTimeout, Unlimited, math.MaxInt64),
		checkRange("Fuel", l.Fuel, Unlimited, math.MaxInt64),
		checkRange("MaxModuleBytes", l.MaxModuleBytes, 0, most),
		checkRange("Breaker.Failures", b.Failures, 0, maxBreakerFailures),
		checkRange("Breaker.Ratio", b.Ratio, 0, 1),
		checkRange("Breaker.Lost", b.Lost, 0, 1),
		checkRange("Breaker.Window", b.Window, 0, math.MaxInt64),
		checkRange("Breaker.Cooldown", b.Cooldown, 0, math.MaxInt64),
	)
}

func checkRange[T cmp.Ordered](name string, value, lowest, highest T) error {
	if value >= lowest && value <= highest { // false for NaN
		return nil
	}
	return fmt.Errorf("%w: Limits.%s is %v: must be from %v to %v", gohost.ErrInvalidInput, name, value, lowest, highest)
}

// options returns the options for gohost.
func (l Limits) options() []gohost.Option {
	opts := []gohost.Option{
		gohost.WithMaxInstances(l.MaxInstances),
		gohost.WithMemoryLimit(l.MemoryMiB),
		gohost.WithMaxResult(l.MaxResultMiB),
		gohost.WithHeapLimit(l.HeapMiB),
		gohost.WithMaxWaiters(max(l.MaxWaiters, 0)),
	}
	if l.CallTimeout != Unlimited {
		opts = append(opts, gohost.WithCallTimeout(l.CallTimeout))
	}
	if l.CallsPerInstance != Unlimited {
		opts = append(opts, gohost.WithCallsPerInstance(l.CallsPerInstance))
	}
	if l.Fuel != Unlimited {
		opts = append(opts, gohost.WithFuel(uint64(l.Fuel)))
	}
	return opts
}
