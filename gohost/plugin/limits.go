package plugin

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Limits bound one plugin. A field that is zero takes the registry's default
// ([WithDefaultLimits]), and where that is zero too, the default given here.
// [Unlimited] is no bound, for the fields that say so. The tags are the names of
// the members in files; see [Limits.UnmarshalJSON].
type Limits struct {
	// MaxInstances is the max number of calls that run at the same time. Default:
	// GOMAXPROCS.
	MaxInstances int `json:"max_instances,omitzero"`
	// MemoryMiB bounds the linear memory of each instance. Default: 256.
	MemoryMiB int `json:"memory_mib,omitzero"`
	// MaxResultMiB bounds the Go memory for the result of a call, and HeapMiB that
	// for the results of all calls that run; see gohost.WithMaxResult and
	// gohost.WithHeapLimit. Defaults: 256 and 1024.
	MaxResultMiB int `json:"max_result_mib,omitzero"`
	HeapMiB      int `json:"heap_mib,omitzero"`
	// CallsPerInstance is the number of calls after which an instance is replaced
	// by a fresh one, which bounds what a leak can gather. Default: Unlimited.
	CallsPerInstance int `json:"calls_per_instance,omitzero"`
	// MaxWaiters is the max number of calls that wait for an instance; one more
	// fails with gohost.ErrBusy. [NoWaiters] allows none. Default: 1024.
	MaxWaiters int `json:"max_waiters,omitzero"`
	// CallTimeout is how long a call may run once it has an instance, or
	// Unlimited. Default: 10 s.
	CallTimeout time.Duration `json:"call_timeout,omitzero"`
	// DrainTimeout is how long the calls of a version may run on after it was
	// replaced, or Unlimited. Default: 30 s.
	DrainTimeout time.Duration `json:"drain_timeout,omitzero"`
	// Fuel is what a call may use; see gohost.WithFuel. Default: Unlimited.
	Fuel int64 `json:"fuel,omitzero"`
	// MaxModuleBytes is the max size of the module. Default: 16 MiB.
	MaxModuleBytes int `json:"max_module_bytes,omitzero"`
	// Breaker says when the plugin is cut off.
	Breaker BreakerLimits `json:"breaker,omitzero"`
}

// Unlimited is no bound, in [Limits] that can do without one, where zero is the
// default.
const Unlimited = -1

// NoWaiters as [Limits.MaxWaiters] lets no call wait.
const NoWaiters = -1

// BreakerLimits say when a plugin is cut off, and for how long. The breaker
// opens when a call fails and one of two things is true:
//
//   - Number: within Window, Failures calls failed, and they were at least the
//     share Ratio of all calls since the first of them.
//   - Time: at least 3 calls failed (or Failures, if that is fewer), and those
//     that failed had the instances for at least the share Lost of all time of
//     all instances. That is counted over the latest 3 x CallTimeout, or since
//     the version was activated or the breaker closed, if that is later, but at
//     least over one CallTimeout, and MaxInstances instances are all.
//
// So a plugin of which each call hangs is cut off after about three call
// timeouts at the latest, and one caller's bad inputs among many good calls do
// not cut it off for everybody. Then calls fail at once with [ErrOpen]. After
// Cooldown one call is let through: if it fails, the breaker stays open for
// another Cooldown, otherwise it closes.
//
// Failures are traps, violations of the ABI, answers that the contract forbids
// and limits that were hit. An error that the guest answers, input the host
// refuses, the end of the caller's context and gohost.ErrBusy are none.
type BreakerLimits struct {
	// Off switches the breaker off.
	Off bool `json:"off,omitzero"`
	// Failures, from 1 to 1000. Default: 5.
	Failures int `json:"failures,omitzero"`
	// Ratio is above 0 and at most 1. It keeps a few bad inputs among many
	// good ones from cutting the plugin off for everybody. Default: 0.5.
	Ratio float64 `json:"ratio,omitzero"`
	// Lost is above 0 and at most 1. Default: 0.75.
	Lost float64 `json:"lost,omitzero"`
	// Window defaults to twice the time that Failures calls take which all
	// hang, and at least 10 s: max(10 s, 2 x CallTimeout x Failures /
	// MaxInstances).
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

// resolved is the limits with the defaults that follow from others; there is no
// other zero in them.
func (l Limits) resolved() Limits {
	if l.Breaker.Window == 0 {
		// Floats cannot overflow; what is too long is as good as for ever.
		window := 2 * float64(l.longestCall()) * float64(l.Breaker.Failures) / float64(l.MaxInstances)
		l.Breaker.Window = max(minWindow, time.Duration(min(window, float64(math.MaxInt64/2))))
	}
	return l
}

// longestCall is the CallTimeout in the arithmetic of the breaker: what is too
// long to count with is as good as for ever.
func (l Limits) longestCall() time.Duration {
	const forever = math.MaxInt64 / 16
	if l.CallTimeout == Unlimited {
		return forever
	}
	return min(l.CallTimeout, forever)
}

// lossSpan is over how much time the breaker counts the time that was lost.
func (l Limits) lossSpan() time.Duration { return 3 * l.longestCall() }

// or fills what is zero from the defaults.
func (l Limits) or(defaults Limits) Limits {
	fill(reflect.ValueOf(&l).Elem(), reflect.ValueOf(defaults))
	return l
}

// fill sets the fields of a struct that are zero to those of the defaults.
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

// Check returns an error for a value that makes no sense; zero always does.
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
	return fmt.Errorf("%w: Limits.%s is %v: from %v to %v are possible", gohost.ErrInvalidInput, name, value, lowest, highest)
}

// options are the limits for gohost.
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
