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

// history is a session: instantiation, then calls on the same instance.
type history struct {
	observations []observation
	// fuel used by each.
	fuel []int64
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

// run makes the calls on a fresh instance. Call number 0 is instantiation; a
// session ends with a call that fails there, or by its budget.
func (m *machine) run(ctx context.Context, s subject, calls []call, g grant) (history, error) {
	m.notes = 0
	shared, err := m.runtime.InstantiateModule(ctx, m.shared, wazero.NewModuleConfig().WithName("shared"))
	if err != nil {
		return history{}, err
	}
	defer shared.Close(ctx)

	var h history
	m.fuel = g.of(0)
	instance, err := m.runtime.InstantiateModule(ctx, s.compiled,
		wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		h.observations = append(h.observations, observation{
			err: kind(err, false), shared: checksum(shared, true), notes: m.notes,
		})
		h.fuel = append(h.fuel, 0) // what is left cannot be seen
		return h, nil
	}
	defer instance.Close(ctx)
	tank, _ := instance.ExportedGlobal(reserved).(api.MutableGlobal)
	look := func(results []uint64, err error) error {
		var left int64
		if tank != nil {
			left = int64(tank.Get())
			tank.Set(0)
		}
		used := m.fuel.used(left)
		if used > m.fuel.budget {
			err = errBudget
		}
		h.fuel = append(h.fuel, used)
		o := observation{
			results: results, err: kind(err, s.named), memory: checksum(instance, len(s.compiled.ExportedMemories()) > 0), shared: checksum(shared, true), notes: m.notes,
		}
		for _, name := range s.globals {
			o.globals = append(o.globals, instance.ExportedGlobal(name).Get())
		}
		h.observations = append(h.observations, o)
		return err
	}
	if err := look(nil, nil); err != nil {
		return h, nil //nolint:nilerr // observed
	}
	for i, c := range calls {
		m.fuel = g.of(i + 1)
		function := instance.ExportedFunction(c.function)
		results, err := function.Call(ctx, c.args...)
		err = look(defined(results, function.Definition().ResultTypes()), err)
		if errors.Is(err, errBudget) {
			break
		}
	}
	return h, nil
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
// them, the lists starting at different ones. wasm-smith's own bound ends all
// that comes late in a session.
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
