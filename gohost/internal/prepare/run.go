package prepare

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/internal/rustname"
)

// MaxSize is the size in bytes of the largest module that is looked at.
const MaxSize = 32 << 20

// A Class is what sort of refusal a [RefusedError] is. The prepare module answers
// with these numbers.
type Class int

// The classes.
const (
	// Invalid: not a valid module, or not one that can be run, such as one that
	// needs a feature beyond WebAssembly 2.0.
	Invalid Class = 1
	// Contract: not an implementation of the contract.
	Contract Class = 2
	// Limit: it exceeds a limit.
	Limit Class = 3
)

// RefusedError says why a module was refused.
type RefusedError struct {
	Class  Class
	Reason string
	// Problems are the sentences in Reason, where Class is [Contract].
	Problems []string
	// Limit and Max are the limit's name and value, where Class is [Limit].
	Limit string
	Max   uint64
}

func (e *RefusedError) Error() string { return e.Reason }

// refused reads the prepare module's report (guest/prepare, Error::report).
func refused(class Class, report string) error {
	e := &RefusedError{Class: class, Reason: report}
	switch class {
	case hostMistake:
		return fmt.Errorf("%w: %s", ErrContract, report)
	case Invalid: // its parser has lines and indents
		e.Reason = strings.Join(strings.Fields(report), " ")
	case Contract:
		e.Problems = strings.Split(report, "\n")
		e.Reason = strings.Join(e.Problems, "; ")
	case Limit:
		limit, reason, _ := strings.Cut(report, "\n")
		name, value, _ := strings.Cut(limit, "\t")
		number, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return fmt.Errorf("the prepare module names no limit: %q", report)
		}
		e.Limit, e.Max, e.Reason = name, number, readable(reason)
	}
	return e
}

// function is a function with its name in a reason. Mangled names have no other characters.
var function = regexp.MustCompile(`function \d+ \(([\w.$]+)\)`)

// readable returns a reason with the names of Rust's functions made readable.
func readable(reason string) string {
	return function.ReplaceAllStringFunc(reason, func(found string) string {
		number, name, _ := strings.Cut(strings.TrimSuffix(found, ")"), " (")
		return number + " (" + rustname.Demangle(name) + ")"
	})
}

// tooLarge is a module that takes more than a limit of this package.
func tooLarge(limit string, value uint64, format string, args ...any) error {
	return &RefusedError{Class: Limit, Limit: limit, Max: value, Reason: "module too large: " + fmt.Sprintf(format, args...)}
}

// The limits of a run, besides those that the prepare module names itself.
const (
	limitSize   = "module size"  // MaxSize
	limitFuel   = "check fuel"   // budget
	limitMemory = "check memory" // memoryPages
)

// ErrContract: the text of the contract cannot be read.
var ErrContract = errors.New("invalid contract")

// hostMistake is the status of [ErrContract].
const hostMistake Class = 4

// Options say how a module is prepared.
type Options struct {
	Contract []byte // what it must export and may import, as text
	Meter    bool   // whether it is metered
}

// Prepare makes of a module or component that implements the contract the core
// module that the host runs: taken out of the component, checked, with bounded
// tables, without the instructions that are compiled wrongly, and metered.
//
// A module that is refused is a [*RefusedError]. The time it takes is linear in the
// size of the module. It ends with the context.
func (s *Sandbox) Prepare(ctx context.Context, module []byte, options Options) (p Prepared, err error) {
	p.Wasm, err = s.run(ctx, "prepare", module, options.Contract, func(r *run) error {
		text, err := r.bytes("report")
		if err == nil {
			p.Report, err = parseReport(text)
		}
		return err
	}, options.meter())
	return p, err
}

// Maps prepares a module as [Sandbox.Prepare] does, and returns what the host runs of it and
// where its code went: the bytes of a map from the code of the module to hardened code, and,
// if it is metered, from there to the code of the result (guest/prepare, offsets.rs).
func (s *Sandbox) Maps(ctx context.Context, module []byte, options Options) (prepared, maps []byte, err error) {
	prepared, err = s.run(ctx, "prepare_with_maps", module, options.Contract, func(r *run) (err error) {
		maps, err = r.bytes("maps")
		return err
	}, options.meter())
	return prepared, maps, err
}

func (o Options) meter() uint64 {
	if o.Meter {
		return 1
	}
	return 0
}

// Check returns what keeps a module or component from being an implementation
// of the contract: a sentence for each problem. One that is not valid is a
// [*RefusedError].
func (s *Sandbox) Check(ctx context.Context, module, contract []byte) ([]string, error) {
	problems, err := s.run(ctx, "check", module, contract, nil)
	if err != nil || len(problems) == 0 {
		return nil, err
	}
	return strings.Split(string(problems), "\n"), nil
}

// Describe says what is in a module or component, as a JSON object; its members
// are in the documentation of guest/prepare.
func (s *Sandbox) Describe(ctx context.Context, module []byte) ([]byte, error) {
	return s.run(ctx, "describe", module, nil, nil)
}

// run gives a module to a function of a new instance. After success it calls more, unless
// that is nil.
func (s *Sandbox) run(ctx context.Context, function string, module, contract []byte, more func(*run) error, args ...uint64) (_ []byte, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(module) > MaxSize {
		return nil, tooLarge(limitSize, MaxSize, "%d bytes, at most %d are accepted", len(module), MaxSize)
	}
	code, err := s.compile(ctx, compiler.Default)
	if err != nil {
		return nil, fmt.Errorf("start the prepare module: %w", err)
	}
	r, metered := run{ctx: ctx, budget: budget(len(module))}, isMetered(code.Module)
	if metered {
		r.meter = &fuel.Meter{}
		r.meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
		r.ctx = r.meter
	}
	r.instance, err = code.Runtime.InstantiateModule(r.ctx, code.Module, compiler.Instances)
	if err != nil {
		return nil, fmt.Errorf("start the prepare module: %w", err)
	}
	defer func() {
		err = errors.Join(err, r.instance.Close(context.WithoutCancel(ctx)))
	}()
	if metered {
		if err := r.meter.Bind(r.instance); err != nil {
			return nil, err
		}
		r.meter.Begin(ctx, fuel.Limits{Budget: r.budget})
	}
	if err := r.write("input", module); err != nil {
		return nil, err
	}
	if len(contract) > 0 {
		if err := r.write("contract", contract); err != nil {
			return nil, err
		}
	}
	output, err := r.call(function, args...)
	if err == nil && more != nil {
		err = more(&r)
	}
	return output, err
}

// budget is the fuel for a module of so many bytes. Validating takes more than linear
// time where types have many operands: each target of a br_table takes them all, so
// 400 KB took minutes. The engine uses 3,000 units a byte. What fits in
// here can be validated by wazero too, which nothing could stop.
func budget(size int) uint64 { return 5_000_000_000 + 25_000*uint64(size) }

// run is an instance that nobody else uses.
type run struct {
	ctx      context.Context // of the calls
	meter    *fuel.Meter     // nil where the prepare module is not metered
	budget   uint64          // of fuel
	instance api.Module
}

// write puts bytes where a function of the instance makes room.
func (r *run) write(room string, data []byte) error {
	at, err := r.invoke(room, uint64(len(data)))
	if err != nil {
		return err
	}
	// The memory is looked up after each call, since a call may grow it.
	if !r.instance.Memory().Write(uint32(at), data) {
		return fmt.Errorf("the prepare module gave room outside its memory at %#x", at)
	}
	return nil
}

// call calls a function that works on the input and returns its output.
func (r *run) call(function string, args ...uint64) ([]byte, error) {
	status, err := r.invoke(function, args...)
	if err != nil {
		return nil, err
	}
	output, err := r.bytes("output")
	if err == nil && status != 0 {
		err = refused(Class(status), string(output))
	}
	if err != nil {
		return nil, err
	}
	return output, nil
}

// bytes returns a copy of the bytes whose place a function returns.
func (r *run) bytes(function string) ([]byte, error) {
	place, err := r.invoke(function)
	if err != nil {
		return nil, err
	}
	view, ok := r.instance.Memory().Read(uint32(place>>32), uint32(place))
	if !ok {
		return nil, fmt.Errorf("the prepare module gave an answer outside its memory: %#x", place)
	}
	return append([]byte(nil), view...), nil
}

// invoke calls a function with one result.
func (r *run) invoke(name string, args ...uint64) (uint64, error) {
	results, err := r.instance.ExportedFunction(name).Call(r.ctx, args...)
	if err == nil {
		return results[0], nil
	}
	if stopped := (*fuel.Stopped)(nil); errors.As(err, &stopped) {
		if errors.Is(stopped, fuel.ErrBudget) {
			return 0, tooLarge(limitFuel, r.budget, "reading it takes too long for its size: %v", stopped.Reason)
		}
		return 0, stopped.Reason
	}
	// Rust traps when memory runs out. What it then asked for was at most a few
	// times what it had; any other trap is a defect of this crate.
	const exhausted = memoryPages / 8 << 16
	if r.instance.Memory().Size() > exhausted || name == "input" {
		return 0, tooLarge(limitMemory, memoryPages<<16, "%v", err)
	}
	return 0, fmt.Errorf("the prepare module failed: %w", err)
}
