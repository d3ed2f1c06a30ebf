package metering

import (
	"context"
	"errors"
	"hash/crc32"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// v128 is the type of vectors, which wazero's API has no name for. One takes two
// arguments or results.
const v128 = 0x7b

// call is a call of an exported function.
type call struct {
	function string
	args     []uint64
}

// observation is all that can be seen of a call, or of instantiation.
type observation struct {
	results []uint64
	// err is the kind of trap, and the stack trace if functions have names.
	err string
	// memory and shared are checksums of the module's own memory, if it exports
	// it, and of the one it may import.
	memory, shared uint32
	globals        []uint64
	notes          uint64
}

func (o observation) equal(other observation) bool {
	return slices.Equal(o.results, other.results) && o.err == other.err &&
		o.memory == other.memory && o.shared == other.shared &&
		slices.Equal(o.globals, other.globals) && o.notes == other.notes
}

// history is a session: instantiation, then calls.
type history struct {
	observations []observation
	// fuel used by each.
	fuel []int64
}

// tooDeep reports whether the last call recursed more deeply than the bound on the
// call stack of a metered module, which the module itself does not have.
func (h history) tooDeep() bool {
	n := len(h.observations)
	return n > 0 && h.observations[n-1].err == exhausted
}

// upTo is the session's first n calls, instantiation included.
func (h history) upTo(n int) history {
	return history{h.observations[:min(n, len(h.observations))], h.fuel[:min(n, len(h.fuel))]}
}

// subject is a module to be run, with the names of its globals to be looked at.
type subject struct {
	compiled wazero.CompiledModule
	globals  []string
	named    bool
}

// grant says what fuel a session has: slices of a size, and in call number
// limited no more than the budget.
type grant struct {
	slice   int64
	limited int
	budget  int64
}

func slicesOf(n int64) grant { return grant{slice: n, limited: -1} }

// run makes the calls, each on the instance of the one before, or on a fresh one
// after a trap: then a metered module, which keeps account of its call stack, is
// not to be used again. Call number 0 is instantiation. A session ends with an
// instantiation that fails, a budget that is used up, or a recursion that is deeper
// than metering lets it be.
func (m *machine) run(ctx context.Context, s subject, calls []call, g grant) (h history, err error) {
	m.notes = 0
	var in instance
	defer func() { in.close(ctx) }()
	for number := 0; number <= len(calls); number++ {
		var results []uint64
		var callErr error
		if in.module == nil {
			m.fuel = g.of(0)
			if in, callErr, err = m.start(ctx, s); err != nil {
				return h, err
			}
			if callErr != nil {
				h.observations = append(h.observations, in.observe(m, s, nil, callErr))
				h.fuel = append(h.fuel, 0) // what is left cannot be seen
				return h, nil
			}
			in.used(m.fuel, number == 0, &h)
		}
		if number > 0 {
			c := calls[number-1]
			function := in.module.ExportedFunction(c.function)
			m.fuel = g.of(number)
			results, callErr = function.Call(ctx, c.args...)
			results = defined(results, function.Definition().ResultTypes())
			in.used(m.fuel, true, &h)
		}
		if h.fuel[number] > m.fuel.budget {
			callErr = errBudget
		}
		h.observations = append(h.observations, in.observe(m, s, results, callErr))
		if errors.Is(callErr, errBudget) || h.tooDeep() {
			return h, nil
		}
		if callErr != nil {
			in.close(ctx)
			in = instance{}
		}
	}
	return h, nil
}

// instance is a module at work, with the state it may import.
type instance struct {
	shared, module api.Module
	// tank is the global that holds fuel; nil without metering.
	tank api.MutableGlobal
}

// start returns two errors: the module's own, and that of the test.
func (m *machine) start(ctx context.Context, s subject) (in instance, failed, err error) {
	in.shared, err = m.runtime.InstantiateModule(ctx, m.shared, wazero.NewModuleConfig().WithName("shared"))
	if err != nil {
		return in, nil, err
	}
	in.module, failed = m.runtime.InstantiateModule(ctx, s.compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if failed != nil {
		in.module = nil
		return in, failed, nil
	}
	in.tank, _ = in.module.ExportedGlobal(reserved).(api.MutableGlobal)
	return in, nil, nil
}

func (in instance) close(ctx context.Context) {
	if in.module != nil {
		in.module.Close(ctx)
	}
	if in.shared != nil {
		in.shared.Close(ctx)
	}
}

// used empties the tank and, if it is to be kept, adds what was used to the
// history.
func (in instance) used(f *fuel, keep bool, h *history) {
	var left int64
	if in.tank != nil {
		left = int64(in.tank.Get())
		in.tank.Set(0)
	}
	if keep {
		h.fuel = append(h.fuel, f.used(left))
	}
}

func (in instance) observe(m *machine, s subject, results []uint64, err error) observation {
	o := observation{results: results, err: kind(err, s.named), shared: checksum(in.shared, true), notes: m.notes}
	if in.module == nil {
		return o
	}
	o.memory = checksum(in.module, len(s.compiled.ExportedMemories()) > 0)
	for _, name := range s.globals {
		o.globals = append(o.globals, in.module.ExportedGlobal(name).Get())
	}
	return o
}

// defined clears the upper halves of 32-bit results, which wazero leaves open.
func defined(results []uint64, types []api.ValueType) []uint64 {
	at := 0
	for _, ty := range types {
		switch ty {
		case v128:
			at++
		case api.ValueTypeI32, api.ValueTypeF32:
			if at < len(results) {
				results[at] &= 0xffff_ffff
			}
		}
		at++
	}
	return results
}

func (g grant) of(number int) *fuel {
	if number == g.limited {
		return &fuel{slice: g.slice, budget: g.budget}
	}
	return &fuel{slice: g.slice, budget: noBudget}
}

// checksum is that of the instance's memory, if it exports one. (Without a
// memory wazero returns one that is nil only inside.)
func checksum(m api.Module, exported bool) uint32 {
	if !exported {
		return 0
	}
	memory := m.Memory()
	bytes, ok := memory.Read(0, memory.Size())
	if !ok {
		return 0
	}
	return crc32.ChecksumIEEE(bytes) ^ memory.Size()
}

// kind reduces an error to what must be equal: the kind of trap, and the stack
// trace if functions have names. Without names the trace numbers functions,
// which metering moves.
func kind(err error, named bool) string {
	if err == nil {
		return ""
	}
	if errors.Is(err, errBudget) {
		return errBudget.Error()
	}
	text := err.Error()
	if strings.Contains(text, exhausted) {
		return exhausted
	}
	if _, trap, ok := strings.Cut(text, "wasm error: "); ok {
		text = trap
	}
	if !named {
		text, _, _ = strings.Cut(text, "\n")
	}
	lines := strings.Split(added.ReplaceAllString(text, ""), "\n")
	return strings.Join(lines[:min(len(lines), frames)], "\n")
}

// frames is how much of a stack trace is compared. Those of wazero's have a
// limit, which what metering adds counts for.
const frames = 20

// added are the lines of a stack trace that name what metering adds.
var added = regexp.MustCompile(`(?m)^.*` + reserved + `.*\n`)

// functions lists what can be called from outside, in a fixed order.
func functions(compiled wazero.CompiledModule) []api.FunctionDefinition {
	exports := compiled.ExportedFunctions()
	var list []api.FunctionDefinition
	for _, name := range slices.Sorted(maps.Keys(exports)) {
		list = append(list, exports[name])
	}
	return list
}

// sessions makes lists of calls: each calls every function, up to twelve of
// them, the lists starting at different ones.
func sessions(random *rand.Rand, list []api.FunctionDefinition) [][]call {
	if len(list) == 0 {
		return [][]call{nil}
	}
	var all [][]call
	count := min(2, len(list))
	for s := range count {
		var calls []call
		for i := range min(12, len(list)) {
			calls = append(calls, arguments(random, list[(i+s*len(list)/count)%len(list)]))
		}
		all = append(all, calls)
	}
	return all
}

// arguments makes a call with random arguments, small ones above all. A
// reference is null.
func arguments(random *rand.Rand, function api.FunctionDefinition) call {
	c := call{function: function.ExportNames()[0]}
	for _, ty := range function.ParamTypes() {
		small := int64(random.Uint64()) >> (40 + random.IntN(23))
		switch ty {
		case api.ValueTypeI32:
			c.args = append(c.args, api.EncodeI32(int32(small)))
		case api.ValueTypeI64:
			c.args = append(c.args, uint64(small))
		case api.ValueTypeF32:
			c.args = append(c.args, api.EncodeF32(float32(small)/8))
		case api.ValueTypeF64:
			c.args = append(c.args, api.EncodeF64(float64(small)/8))
		case v128:
			c.args = append(c.args, random.Uint64(), random.Uint64())
		default:
			c.args = append(c.args, 0)
		}
	}
	return c
}
