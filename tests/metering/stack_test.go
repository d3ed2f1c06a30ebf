package metering

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

const (
	opElse      = 0x05
	opGlobalGet = 0x23
	opLocalSet  = 0x21
	opI64       = 0x7e
	opF64       = 0x7c
	opI32       = 0x7f
)

// value is a kind of value, with the instruction that makes one of two.
type value struct {
	ty      byte
	global  byte // of a mutable global of the type
	combine []byte
}

var (
	i64Value = value{opI64, 0, []byte{0x7c}}
	f64Value = value{opF64, 1, []byte{0xa0}}
	vecValue = value{v128, 2, []byte{0xfd, 0x51}}
	values   = map[string]value{"i64": i64Value, "f64": f64Value, "v128": vecValue}
)

// get reads the global: a value like any other to the compiler.
func (v value) get() []byte { return []byte{opGlobalGet, v.global} }

// keep uses n operands, so that nothing leaves them out.
func (v value) keep(n int) []byte {
	return slices.Concat(repeated(n-1, v.combine...), []byte{opSet, v.global})
}

// recursive is a module whose function run, with the given locals and code, can call
// itself, and others: number 1 returns results of a kind, number 2 nothing, and number
// 3 takes so many, with which it calls itself, and returns them.
func recursive(v value, results int, locals []byte, code ...[]byte) []byte {
	many := repeated(results, v.ty)
	list := make([]byte, 0, 2*results)
	for range results {
		list = append(list, v.get()...)
	}
	taken := forLocals(results, func(i int) []byte { return append([]byte{opLocalGet}, number(i)...) })
	global := func(ty byte, zero ...byte) []byte { return slices.Concat([]byte{ty, 1}, zero, []byte{opEnd}) }
	return module(
		section(typeSection, vector([]byte{0x60, 0, 0},
			slices.Concat([]byte{0x60, 0}, number(results), many),
			slices.Concat([]byte{0x60}, number(results), many, number(results), many))),
		section(functionSection, vector([]byte{0}, []byte{1}, []byte{0}, []byte{2})),
		section(memorySection, vector([]byte{0, 1})),
		section(globalSection, vector(
			global(opI64, opI64Const, 1),
			global(opF64, slices.Concat([]byte{0x44}, make([]byte, 8))...),
			global(v128, slices.Concat([]byte{0xfd, 0x0c}, make([]byte, 16))...),
			global(opI32, opI32Const, 0))),
		section(exportSection, vector(exported("run", 0, 0))),
		section(codeSection, vector(body(locals, code...), body(noLocals, list), body(noLocals), body(noLocals, taken, []byte{opCall, 3}))))
}

// Calls of [recursive].
var (
	again   = []byte{opCall, 0}
	several = []byte{opCall, 1}
	taking  = []byte{opCall, 3}
	other   = []byte{opCall, 2}
)

// localsOf declares n locals of a type.
func localsOf(n int, ty byte) []byte {
	return slices.Concat([]byte{1}, number(n), []byte{ty})
}

// forLocals is code for each of n locals.
func forLocals(n int, code func(i int) []byte) (all []byte) {
	for i := range n {
		all = append(all, code(i)...)
	}
	return all
}

// shapes are functions that call themselves, with frames as large as they can be for
// what can be seen of them: n values, in one way or another.
func shapes(n int) map[string][]byte {
	all := map[string][]byte{}
	for kind, v := range values {
		set := func(i int) []byte { return slices.Concat(v.get(), []byte{opLocalSet}, number(i)) }
		use := func(i int) []byte {
			return slices.Concat([]byte{opLocalGet}, number(i), []byte{opSet, v.global})
		}
		copied := func(i int) []byte {
			return slices.Concat([]byte{opLocalGet}, number(i), v.get(), v.combine, []byte{opLocalSet}, number((i*7+1)%n))
		}
		maybe := func(depth int) []byte {
			return slices.Concat([]byte{opGlobalGet, 3, opBrIf}, number(depth))
		}
		add := func(name string, results int, locals []byte, code ...[]byte) {
			all[fmt.Sprint(name, " of ", n, " ", kind)] = recursive(v, results, locals, code...)
		}
		add("operands", 1, noLocals, repeated(n, v.get()...), again, v.keep(n))
		add("operands of calls", 1, noLocals, repeated(n, several...), again, v.keep(n))
		add("operands without a call", 1, noLocals, repeated(n, v.get()...), v.keep(n), again)
		add("operands between calls", 1, noLocals, repeated(n, slices.Concat(v.get(), other)...), again, v.keep(n))
		add("operands between growth", 1, noLocals, repeated(n, slices.Concat(v.get(), []byte{opI32Const, 0, 0x40, 0, opDrop})...), again, v.keep(n))
		add("results", n, noLocals, several, again, v.keep(n))
		add("results of many calls", max(n/10, 1), noLocals, repeated(10, several...), again, v.keep(10*max(n/10, 1)))
		add("parameters and results", n, noLocals, repeated(n, v.get()...), taking, v.keep(n))
		add("locals", 1, localsOf(n, v.ty), forLocals(n, set), again, forLocals(n, use))
		add("locals between calls", 1, localsOf(n, v.ty), forLocals(n, func(i int) []byte { return append(set(i), other...) }), again, forLocals(n, use))
		add("locals set by calls", 1, localsOf(n, v.ty), forLocals(n, func(i int) []byte { return slices.Concat(several, []byte{opLocalSet}, number(i)) }), again, forLocals(n, use))
		add("locals without a call", 1, localsOf(n, v.ty), forLocals(n, set), repeated(3, forLocals(n, copied)...), forLocals(n, use), again)
		const labels = 20
		add("locals of nested blocks", 1, localsOf(n, v.ty),
			repeated(labels, opBlock, void), forLocals(labels, maybe), forLocals(n, set), repeated(labels, opEnd, opCall, 2), again, forLocals(n, use))
		add("locals of blocks in a row", 1, localsOf(n, v.ty),
			repeated(labels, slices.Concat([]byte{opBlock, void}, maybe(0), forLocals(n, set), []byte{opEnd}, other)...), again, forLocals(n, use))
		add("locals of nested loops", 1, localsOf(n, v.ty),
			repeated(labels, opLoop, void), other, forLocals(n, copied), again, forLocals(labels, maybe), repeated(labels, opEnd), forLocals(n, use))
		add("locals of ifs", 1, localsOf(n, v.ty),
			repeated(labels, slices.Concat([]byte{opGlobalGet, 3, opIf, void}, forLocals(n, set), []byte{opElse}, other, []byte{opEnd}, other)...), again, forLocals(n, use))
		add("locals of a branch table", 1, localsOf(n, v.ty),
			repeated(labels, opBlock, void), forLocals(n, set), []byte{opGlobalGet, 3, opBrTable}, number(labels-1), forLocals(labels, number),
			repeated(labels, opEnd, opCall, 2), again, forLocals(n, use))
		add("parameters of blocks", n, noLocals, repeated(n, v.get()...),
			repeated(labels, slices.Concat([]byte{opBlock, 2}, maybe(0), other, []byte{opEnd}, other)...), again, v.keep(n))
		add("parameters of loops", n, noLocals, repeated(n, v.get()...),
			repeated(labels, slices.Concat([]byte{opLoop, 2}, other, maybe(0), []byte{opEnd}, other)...), again, v.keep(n))
		add("results of ifs", 1, noLocals,
			repeated(n, slices.Concat([]byte{opGlobalGet, 3, opIf, v.ty}, v.get(), []byte{opElse}, v.get(), []byte{opEnd})...), again, v.keep(n))
	}
	return all
}

// stackOf is how much of its stack a function has used when its last call was stopped,
// and how large that stack is. wazero tells nobody.
func stackOf(f api.Function) (used, size uint64) {
	engine := reflect.ValueOf(f).Elem()
	number := func(value reflect.Value) uint64 {
		return *(*uint64)(unsafe.Pointer(value.UnsafeAddr()))
	}
	before := number(engine.FieldByName("execCtx").FieldByName("stackPointerBeforeGoCall"))
	return number(engine.FieldByName("stackTop")) - before, uint64(engine.FieldByName("stack").Len())
}

// A guest's call stacks are none of its memory, so they have a bound of their own,
// whatever its functions look like.
func TestCallStacksAreBounded(t *testing.T) {
	const mostUsed, most = 4 << 20, 8 << 20
	m := newCompiler(t)
	for _, n := range []int{30, 400} {
		all := shapes(n)
		for _, name := range slices.Sorted(maps.Keys(all)) {
			t.Run(name, func(t *testing.T) {
				compiled, err := m.runtime.CompileModule(t.Context(), metered(t, all[name]))
				require.NoError(t, err)
				defer compiled.Close(t.Context())
				m.fuel = &fuel{slice: plenty, budget: noBudget}
				instance, err := m.runtime.InstantiateModule(t.Context(), compiled, wazero.NewModuleConfig().WithName(""))
				require.NoError(t, err)
				defer instance.Close(t.Context())
				run := instance.ExportedFunction("run")
				_, err = run.Call(t.Context())
				require.ErrorContains(t, err, exhausted)
				used, size := stackOf(run)
				t.Logf("%d KiB of %d KiB", used>>10, size>>10)
				assert.Positive(t, used)
				assert.LessOrEqual(t, used, uint64(mostUsed))
				assert.LessOrEqual(t, size, uint64(most))
			})
		}
	}
}
