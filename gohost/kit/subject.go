package kit

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

const (
	// callTime limits the time of a call whose fuel lasts longer.
	callTime = time.Minute
	// maxResult limits the Go memory of a result, in MiB, and maxWrong is the size in bytes
	// from which wrong results count as stopped calls: each takes as long to read.
	maxResult = 64
	maxWrong  = 1 << 20
)

// subject is a loaded module that has one instance at a time.
type subject struct {
	*sandbox.Module
	checker *checker
	info    sandbox.CallInfo // of the last call
	// only is the function that all calls of the current instance were of, or nil, and
	// started how many instances there were.
	only    *function
	started uint64
}

// load loads the module.
func (c *checker) load(ctx context.Context, opts ...sandbox.Option) (*subject, error) {
	s := &subject{checker: c}
	opts = slices.Concat(c.options, opts, []sandbox.Option{
		sandbox.WithMaxInstances(1), sandbox.WithCallTimeout(callTime), sandbox.WithMaxResult(maxResult), sandbox.WithLogger(slog.New(c.output)),
		sandbox.WithObserver(func(_ context.Context, info sandbox.CallInfo) { s.info = info }),
	})
	imports, exported := c.host.functions(c.contract, c.resources)
	imports = slices.Concat(imports, c.imports, exported) // the program's take precedence over the kit's
	var err error
	if embedded := gohost.Binding().Embedded; c.own && c.report.Module.SHA256 == embedded.Hash {
		s.Module, err = sandbox.LoadTrusted(ctx, embedded.Name, c.wasm, c.contract, imports, opts...)
	} else {
		s.Module, err = sandbox.Load(ctx, c.wasm, c.contract, imports, opts...)
	}
	return s, err
}

// close closes the module. It has no running calls.
func (s *subject) close() { _ = s.Close(context.Background()) }

// answer is what became of a call.
type answer struct {
	value any // nil if the function has no result, or failed
	err   error
	fuel  uint64
	// dropped is set if the call returned, and err is that of dropping its resources.
	dropped bool
}

// call calls a function.
func (s *subject) call(ctx context.Context, f *function, args []any) answer {
	e := errand{subject: s}
	value, err := e.run(ctx, f, args)
	a := answer{value: value, err: err, fuel: s.info.Fuel}
	memory := s.info.Memory
	if failed := e.drop(ctx); failed != nil && err == nil {
		a = answer{err: failed, fuel: a.fuel, dropped: true}
	}
	if a.err != nil {
		s.CloseHeld() // an instance whose resources could not be dropped
	}
	if !errors.Is(err, errUnmade) {
		s.saw(f, err, max(memory, s.info.Memory))
	}
	if a.stopped() {
		s.checker.stopped++
	}
	if a.err != nil {
		s.checker.systemFailed(a.err)
	}
	return a
}

// saw counts a call of a function, and the memory of the instance if it has served no other
// function.
func (s *subject) saw(f *function, err error, memory int64) {
	f.called++
	if err == nil {
		f.returned++
	} else if f.failed == nil {
		f.failed = err
	}
	if started := s.Stats().InstancesStarted; started != s.started {
		s.only, s.started = f, started
	} else if s.only != f {
		s.only = nil
	}
	if s.only == f {
		f.peak = max(f.peak, memory)
	}
}

// trapped reports whether the guest trapped, other than by a limit.
func (a answer) trapped() bool {
	return errors.Is(a.err, sandbox.ErrTrap) && !errors.Is(a.err, sandbox.ErrLimit)
}

// stopped reports whether the call used up its fuel or its time, or the memory for results.
func (a answer) stopped() bool {
	limit := (*sandbox.LimitError)(nil)
	if !errors.As(a.err, &limit) {
		return false
	}
	switch limit.Which {
	case sandbox.LimitFuel, sandbox.LimitTime, sandbox.LimitResult, sandbox.LimitHeap:
		return true
	}
	return false
}

// size returns about how many bytes the answer takes.
func (a answer) size(f *function) int {
	if a.err != nil || f.typ.Result == nil {
		return 0
	}
	return f.typ.Result.Size(a.value)
}

// isErr reports whether the function returned the err of a WIT result.
func (a answer) isErr(f *function) bool {
	v, ok := a.value.(dynamic.Case)
	return ok && f.mayFail() && v.Index == 1
}

// same reports whether two answers of the function are equal. Of traps the messages do not
// count: they may have addresses.
func (a answer) same(f *function, b answer) bool {
	switch {
	case a.err != nil || b.err != nil:
		return a.trapped() && b.trapped()
	case f.typ.Result == nil:
		return true
	}
	return f.typ.Result.Equal(a.value, b.value)
}

// maxValue is about the max size of a value in a report for people.
const maxValue = 72

// text returns the answer for people.
func (a answer) text(f *function) string {
	switch {
	case a.err != nil:
		return reason(a.err)
	case f.typ.Result == nil:
		return "nothing"
	}
	return f.typ.Result.Text(a.value, maxValue)
}

// tooLarge counts a wrong answer that is large.
func (c *checker) tooLarge(o *outcome) {
	if o.answer.size(o.f) > maxWrong {
		c.stopped++
	}
}

// failure returns the failure of an answer.
func (c *checker) failure(f *function, a answer) *Failure {
	failure := &Failure{Got: a.text(f), rule: c.ruleOf(a.err)}
	if a.dropped {
		failure.Reason, failure.rule = "when the resources that it made were dropped", ruleHandles
	}
	return failure
}

// reason returns what is in an error of package sandbox beside the module and function.
func reason(err error) string {
	if failure := (*sandbox.Error)(nil); errors.As(err, &failure) {
		err = failure.Err
	}
	const most = 400
	return text.Cut(err.Error(), most)
}
