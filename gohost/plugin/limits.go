package plugin

import (
	"fmt"
	"math"
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
	Off bool
	// Failures, from 1 to 1000. Default: 5.
	Failures int
	// Ratio is above 0 and at most 1. It keeps a few bad inputs among many
	// good ones from cutting the plugin off for everybody. Default: 0.5.
	Ratio float64
	// Lost is above 0 and at most 1. Default: 0.75.
	Lost float64
	// Window defaults to twice the time that Failures calls take which all
	// hang, and at least 10 s: max(10 s, 2 x CallTimeout x Failures /
	// MaxInstances).
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
	Breaker:        BreakerLimits{Failures: 5, Ratio: 0.5, Lost: 0.75, Cooldown: 5 * time.Second},
}

const maxBreakerFailures = 1000

// leastWindow is the shortest default of BreakerLimits.Window.
const leastWindow = 10 * time.Second

// resolved is the limits with the defaults that follow from others; there is no
// other zero in them.
func (l Limits) resolved() Limits {
	if l.Breaker.Window == 0 {
		// Floats cannot overflow; what is too long is as good as for ever.
		window := 2 * float64(l.CallTimeout) * float64(l.Breaker.Failures) / float64(l.MaxInstances)
		l.Breaker.Window = max(leastWindow, time.Duration(min(window, float64(math.MaxInt64/2))))
	}
	return l
}

// lossSpan is over how much time the breaker counts the time that was lost.
func (l Limits) lossSpan() time.Duration { return 3 * min(l.CallTimeout, math.MaxInt64/16) }

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
			Lost:     either(l.Breaker.Lost, d.Breaker.Lost),
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
	for _, f := range []struct {
		name  string
		value float64
	}{
		{"Ratio", l.Breaker.Ratio},
		{"Lost", l.Breaker.Lost},
	} {
		if !(f.value >= 0 && f.value <= 1) {
			return fmt.Errorf("%w: Limits.Breaker.%s is %v: from 0 to 1 are possible", gohost.ErrInvalidInput, f.name, f.value)
		}
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
