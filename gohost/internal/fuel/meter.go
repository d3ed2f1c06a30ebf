// Package fuel implements the host's side of metering: it grants fuel to a running
// guest in slices, and stops the guest when its context ends, its time is up or its
// budget is spent.
//
// A metered module (guest/prepare/src/meter.rs) subtracts the instructions it runs
// from a global. When that falls below zero, it calls the host for the next slice,
// and this package checks the clock. Returning to Go also allows Go's garbage
// collector to stop a goroutine that runs a guest.
package fuel

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	// Module is the import module of a metered guest.
	Module = "compute-pipeline:fuel"
	// RefuelImport is its one function, () -> i64: the next slice of fuel.
	RefuelImport = "refuel"
	// GlobalExport is a metered guest's exported mutable i64 global.
	GlobalExport = "compute-pipeline:fuel"
	// StackExhausted is the name of the function in which a metered guest traps
	// when its call stack is too deep.
	StackExhausted = "compute-pipeline:fuel.stack-exhausted"
)

// Slice is how much fuel a guest gets at a time: about 50 to 100 µs of usual
// code, and below a millisecond of code written to be slow for its fuel.
// Returning to the host costs 0.1 µs.
const Slice = 100_000

// LastSlice is how much fuel a guest gets at a time within [lastMoments] of its
// deadline. The first touch of a page of memory costs the system 0.5 to 2 µs that
// no unit of fuel measures: a slice of nothing else takes up to 30 ms, a last slice
// a tenth of that.
const LastSlice = Slice / 10

// lastMoments is longer than any [Slice] takes.
const lastMoments = 50 * time.Millisecond

// Unlimited is the budget of a call without a limit.
const Unlimited = math.MaxUint64

var (
	// ErrBudget: the call needs more fuel than its budget.
	ErrBudget = errors.New("fuel budget spent")
	// ErrTime: the call ran for longer than its own limit.
	ErrTime = errors.New("time limit passed")
)

// Stopped is the error of a guest that the host stopped. Its reason is [ErrBudget],
// [ErrTime], or the error of the context.
type Stopped struct{ Reason error }

func (s *Stopped) Error() string { return "the guest was stopped: " + s.Reason.Error() }

// Unwrap returns the reason.
func (s *Stopped) Unwrap() error { return s.Reason }

// Limits bound one call. A zero Time means no limit; for Budget that is
// [Unlimited].
type Limits struct {
	Budget uint64
	Time   time.Duration
	// Whole is set for a call that must not end in the middle. It does little work, and the
	// end of its context does not stop it.
	Whole bool
}

// Meter accounts for the calls of one instance, one at a time. It is itself the
// context of the calls it meters, so that refuel finds it without an allocation:
// pass it to every function of the guest between Begin and End.
type Meter struct {
	context.Context // of the current call
	// global is nil until the instance has started.
	global api.MutableGlobal

	limits   Limits
	granted  uint64
	deadline time.Time // zero: none
	own      bool      // the deadline is of Limits, not of the context
	turn

	// team is not nil while other meters account for the same call; part is the part of
	// the call's work that this one accounts for now. others is what they have used.
	team   *Team
	part   int
	others uint64
}

// Begin starts the accounting of a call.
func (m *Meter) Begin(ctx context.Context, limits Limits) {
	m.Context, m.limits, m.others = ctx, limits, 0
	at, ok := ctx.Deadline()
	if !ok || limits.Whole {
		at = time.Time{}
	}
	m.deadline, m.own = at, false
	m.begin()
	if limits.Time > 0 {
		if at := time.Now().Add(limits.Time); m.deadline.IsZero() || at.Before(m.deadline) {
			m.deadline, m.own = at, true
		}
	}
	// The first slice is enough for a short call, which never asks for more. Fuel
	// left over from an earlier call does not count.
	slice := uint64(Slice)
	if !m.deadline.IsZero() {
		slice = m.slice()
	}
	m.granted = min(slice, limits.Budget)
	if m.global != nil {
		m.global.Set(m.granted)
	} else {
		m.granted = 0 // a new instance starts with none
	}
}

// End ends the accounting and returns the fuel used. The error is a *Stopped if
// the last operations exceeded the budget: a bulk operation is charged as a whole,
// and the guest may not ask for more fuel after it.
func (m *Meter) End() (used uint64, err error) {
	own := m.used()
	used = own + m.others
	if m.team != nil {
		err = m.team.leave(m, used)
	} else {
		err = m.exceeded(own)
	}
	m.Context = nil // do not keep the caller's data alive
	return used, err
}

// Exceeded returns the error that End would return now.
func (m *Meter) Exceeded() error { return m.exceeded(m.used()) }

func (m *Meter) exceeded(used uint64) error {
	if used > m.limits.Budget || m.others > m.limits.Budget-used {
		return &Stopped{Reason: m.overBudget()}
	}
	return nil
}

// used returns the fuel that the instance has used.
func (m *Meter) used() uint64 {
	if m.global == nil {
		return m.granted
	}
	// Below zero after a bulk operation: more was used than granted.
	return m.granted - m.global.Get()
}

// Caller returns the context that Begin was given, and the deadline of its limits if
// that is earlier than the context's, or the zero time.
func (m *Meter) Caller() (context.Context, time.Time) {
	if m.own {
		return m.Context, m.deadline
	}
	return m.Context, time.Time{}
}

// Bind sets the instance whose fuel the meter counts, which has just started. Its
// start function has used some of the granted fuel.
func (m *Meter) Bind(module api.Module) error {
	global, ok := module.ExportedGlobal(GlobalExport).(api.MutableGlobal)
	if !ok || global.Type() != api.ValueTypeI64 {
		return fmt.Errorf("the module has no mutable i64 global %q: it was not metered", GlobalExport)
	}
	m.global = global
	return nil
}

// Check returns a *Stopped if the guest must not go on, or nil.
func (m *Meter) Check() error {
	if m.team != nil && m.team.Failed(m.part) {
		return &Stopped{Reason: errEarlierPart}
	}
	if m.limits.Whole {
		return nil
	}
	if err := m.Context.Err(); err != nil {
		return &Stopped{Reason: err}
	}
	// The timer that ends a context may be late on a busy machine, so this reads
	// the clock itself.
	if !m.deadline.IsZero() && !time.Now().Before(m.deadline) {
		if m.own {
			return &Stopped{Reason: fmt.Errorf("%w: %v", ErrTime, m.limits.Time)}
		}
		return &Stopped{Reason: context.DeadlineExceeded}
	}
	return nil
}

// slice returns the size of the next slice, regardless of the budget.
func (m *Meter) slice() uint64 {
	if !m.deadline.IsZero() && time.Until(m.deadline) <= lastMoments {
		return LastSlice
	}
	return Slice
}

// refuel grants the next slice.
func (m *Meter) refuel() (uint64, error) {
	if err := m.Check(); err != nil {
		return 0, err
	}
	return m.take(1, m.slice())
}

// take grants at least need units, which are not zero, and as much more up to want as the
// budget has.
func (m *Meter) take(need, want uint64) (uint64, error) {
	if m.team != nil {
		return m.team.take(m, need, want)
	}
	available := m.available()
	if need > available {
		return 0, &Stopped{Reason: m.overBudget()}
	}
	grant := min(want, available)
	m.granted += grant
	return grant, nil
}

// available returns what is left of the budget.
func (m *Meter) available() uint64 {
	left := m.limits.Budget - m.granted
	return left - min(left, m.others)
}

// Charge subtracts units from the fuel of the guest in module, for the work that a
// host function is about to do for it. The error is a *Stopped if the guest must
// not go on, because of its context, its time or its budget; then nothing is
// charged. In the start function, which runs before [Meter.Bind], Charge binds.
func (m *Meter) Charge(module api.Module, units uint64) error {
	if err := m.Check(); err != nil {
		return err
	}
	if m.global == nil {
		if err := m.Bind(module); err != nil {
			return err
		}
	}
	left := int64(m.global.Get()) // below zero after a bulk operation
	if left >= 0 && units <= uint64(left) {
		m.global.Set(uint64(left) - units)
		return nil
	}
	// As in refuel, which a guest that pays here may never call.
	m.giveWay()
	if err := m.Check(); err != nil {
		return err
	}
	missing := units - uint64(left)
	if left < 0 && missing < units {
		missing = math.MaxUint64
	}
	want := missing
	if rest := missing % Slice; rest != 0 && missing < math.MaxUint64-Slice {
		want += Slice - rest
	}
	grant, err := m.take(missing, want)
	if err != nil {
		return err
	}
	m.global.Set(grant - missing)
	return nil
}

func (m *Meter) overBudget() error {
	return fmt.Errorf("%w: of %d units", ErrBudget, m.limits.Budget)
}

type meterKey struct{}

// Value implements context.Context. It lets refuel find the meter if its context
// was wrapped.
func (m *Meter) Value(key any) any {
	if key == (meterKey{}) {
		return m
	}
	return m.Context.Value(key)
}

// FromContext returns the meter of the call that a host function serves, or nil if
// the call is not metered.
func FromContext(ctx context.Context) *Meter {
	if m, ok := ctx.(*Meter); ok {
		return m
	}
	m, _ := ctx.Value(meterKey{}).(*Meter)
	return m
}

// Check returns a *Stopped if a call with the context must not go on, or nil. It
// asks the call's meter, or the context if there is none.
func Check(ctx context.Context) error {
	if m := FromContext(ctx); m != nil {
		return m.Check()
	}
	if err := ctx.Err(); err != nil {
		return &Stopped{Reason: err}
	}
	return nil
}

// Instantiate adds [Module] to a runtime, once for all its instances.
func Instantiate(ctx context.Context, r wazero.Runtime) error {
	_, err := r.NewHostModuleBuilder(Module).NewFunctionBuilder().
		WithGoFunction(api.GoFunc(refuel), nil, []api.ValueType{api.ValueTypeI64}).
		Export(RefuelImport).Instantiate(ctx)
	if err != nil {
		return fmt.Errorf("host module %s: %w", Module, err)
	}
	return nil
}

func refuel(ctx context.Context, stack []uint64) {
	m := FromContext(ctx)
	if m == nil {
		panic(&Stopped{Reason: errors.New("a call without a meter")})
	}
	// Otherwise a guest keeps its processor for the scheduler's 10 ms, and with
	// more guests than processors a call whose time is up waits for all of them.
	m.giveWay()
	slice, err := m.refuel()
	if err != nil {
		panic(err) // wazero makes it the error of the call
	}
	stack[0] = slice
}
