package hostile

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// A count is a promise of what follows: none may be believed beforehand.
func TestCountsThatLie(t *testing.T) {
	const billions = 1<<32 - 1
	function := func(body ...[]byte) []byte { // one more function, of base's first type
		return with(t, with(t, base(t), functionSection, more(t, contents(t, base(t), functionSection), 1, u32(0))),
			codeSection, more(t, contents(t, base(t), codeSection), 1, sized(body...)))
	}
	for what, wasm := range map[string][]byte{
		"types":            with(t, base(t), typeSection, u32(billions)),
		"parameters":       with(t, base(t), typeSection, u32(1), []byte{0x60}, u32(billions)),
		"results":          with(t, base(t), typeSection, u32(1), []byte{0x60, 0}, u32(billions)),
		"imports":          with(t, base(t), importSection, u32(billions)),
		"functions":        with(t, base(t), functionSection, u32(billions)),
		"tables":           with(t, base(t), tableSection, u32(billions)),
		"memories":         with(t, base(t), memorySection, u32(billions)),
		"globals":          with(t, base(t), globalSection, u32(billions)),
		"exports":          with(t, base(t), exportSection, u32(billions)),
		"a long export":    with(t, base(t), exportSection, u32(1), u32(billions)),
		"elements":         with(t, base(t), elementSection, u32(billions)),
		"an element":       with(t, base(t), elementSection, u32(1), []byte{1, 0}, u32(billions)),
		"a data count":     with(t, base(t), countSection, u32(billions)),
		"bodies":           with(t, base(t), codeSection, u32(billions)),
		"data":             with(t, base(t), dataSection, u32(billions)),
		"a long datum":     with(t, base(t), dataSection, u32(1), []byte{1}, u32(billions)),
		"groups of locals": function(u32(billions)),
		"locals":           function(u32(1), u32(billions), []byte{0x7f}, []byte{0x00, 0x0b}),
		"more locals":      function(u32(2), u32(billions), []byte{0x7f}, u32(billions), []byte{0x7f, 0x00, 0x0b}),
		"branches":         function(u32(0), []byte{0x41, 0, 0x0e}, u32(billions), []byte{0x0b}),
		"types of select":  function(u32(0), []byte{0x1c}, u32(billions), []byte{0x0b}),
	} {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t, func() {
				assert.False(t, exercise(t, wasm, what, compiler))
			})
		})
	}
}

// Modules that really have as much of something as a few megabytes hold. Each
// runs, or is refused because of a limit, soon and without harm.
func TestModulesThatHaveMuchOfSomething(t *testing.T) {
	giants := giants(t)
	for what := range refusedGiants {
		require.Contains(t, giants, what)
	}
	for what, wasm := range giants {
		t.Run(what, func(t *testing.T) {
			leavesNothing(t, func() {
				err := verdict(t, wasm, what, compiler, interpreter)
				var limit *gohost.LimitError
				switch want := refusedGiants[what]; {
				case want == "":
					assert.NoError(t, err)
				case want == invalid:
					assert.ErrorIs(t, err, gohost.ErrModule)
				case assert.ErrorAs(t, err, &limit):
					assert.Equal(t, want, limit.Which)
				}
			})
		})
	}
}

// invalid is the verdict on a module that has more than any module may have.
const invalid gohost.Limit = "not a module"

// refusedGiants are those of [giants] that do not run, and why.
var refusedGiants = map[string]gohost.Limit{
	"too many types":     invalid,
	"too many functions": invalid,
	"globals":            gohost.LimitStart,
	"too many globals":   gohost.LimitStart,
	"too many exports":   gohost.LimitStart,
	"too long an export": invalid,
	"data":               gohost.LimitStart,
	"too much data":      gohost.LimitStart,
	"elements":           gohost.LimitStart,
	"too many locals":    invalid,
	"too many branches":  invalid,
	"too long a body":    invalid,
	"types":              gohost.LimitCodeMemory,
	"a long element":     gohost.LimitStart,
	"nested blocks":      gohost.LimitCompileTime,
	"nested loops":       gohost.LimitCompileTime,
	"nested ifs":         gohost.LimitCompileTime,
	"branches":           gohost.LimitCompileTime,
	"locals and blocks":  gohost.LimitCompileTime,
	"locals everywhere":  gohost.LimitCheckFuel,
	"nothing but zeros":  invalid,
	"over the limit":     gohost.LimitModuleSize,
}

// functions is base with n more functions, of type () -> () and with the given
// body.
func functions(t testing.TB, n int, body ...[]byte) []byte {
	wasm := base(t)
	types := contents(t, wasm, typeSection)
	wasm = with(t, wasm, typeSection, more(t, types, 1, []byte{0x60, 0, 0}))
	wasm = with(t, wasm, functionSection, more(t, contents(t, wasm, functionSection), n, bytes.Repeat(u32(int(types[0])), n)))
	return with(t, wasm, codeSection, more(t, contents(t, wasm, codeSection), n, bytes.Repeat(sized(body...), n)))
}

func giants(t testing.TB) map[string][]byte {
	functions := func(n int, body ...[]byte) []byte { return functions(t, n, body...) }
	end := []byte{0x0b}
	repeat := func(n int, code ...byte) []byte { return bytes.Repeat(code, n) }
	exports := func(n int) [][]byte {
		list := make([][]byte, n)
		for i := range list {
			list[i] = export{fmt.Sprint("export ", i), 0, 0}.bytes()
		}
		return list
	}
	return map[string][]byte{
		"too many types":      with(t, base(t), typeSection, more(t, contents(t, base(t), typeSection), 1_000_001, repeat(1_000_001, 0x60, 0, 0))),
		"functions":           functions(100_000, u32(0), end),
		"too many functions":  functions(1_000_001, u32(0), end),
		"globals":             with(t, base(t), globalSection, u32(100_000), repeat(100_000, 0x7e, 1, 0x42, 0, 0x0b)),
		"too many globals":    with(t, base(t), globalSection, u32(1_000_001), repeat(1_000_001, 0x7e, 1, 0x42, 0, 0x0b)),
		"exports":             with(t, base(t), exportSection, more(t, contents(t, base(t), exportSection), 50_000, exports(50_000)...)),
		"too many exports":    with(t, base(t), exportSection, more(t, contents(t, base(t), exportSection), 1_000_001, exports(1_000_001)...)),
		"a long export":       with(t, base(t), exportSection, more(t, contents(t, base(t), exportSection), 1, export{string(repeat(90_000, 'x')), 0, 0}.bytes())),
		"too long an export":  with(t, base(t), exportSection, more(t, contents(t, base(t), exportSection), 1, export{string(repeat(10<<20, 'x')), 0, 0}.bytes())),
		"tables":              with(t, base(t), tableSection, u32(101), repeat(101, 0x70, 0, 1)),
		"data":                with(t, base(t), dataSection, more(t, contents(t, base(t), dataSection), 90_000, repeat(90_000, 1, 1, 'x'))),
		"too much data":       with(t, base(t), dataSection, more(t, contents(t, base(t), dataSection), 100_001, repeat(100_001, 1, 1, 'x'))),
		"elements":            with(t, base(t), elementSection, u32(90_000), repeat(90_000, 1, 0, 1, 0)),
		"locals":              functions(1, u32(1), u32(50_000), []byte{0x7e}, end),
		"too many locals":     functions(1, u32(1), u32(50_001), []byte{0x7e}, end),
		"a deep stack":        functions(1, u32(0), repeat(100_000, 0x41, 0), repeat(100_000, 0x1a), end),
		"too many branches":   functions(1, u32(0), []byte{0x41, 0, 0x0e}, times(8_000_000, 0), []byte{0}, end),
		"a long function":     functions(1, u32(0), repeat(500_000, 0x41, 0, 0x1a), end),
		"too long a body":     functions(1, u32(0), repeat(8_000_000, 0x01), end),
		"calls of each other": functions(3000, u32(0), repeat(200, 0x10, 5), end),
		"types":               with(t, base(t), typeSection, more(t, contents(t, base(t), typeSection), 500_000, repeat(500_000, 0x60, 0, 0))),
		"long types":          with(t, base(t), typeSection, more(t, contents(t, base(t), typeSection), 1000, bytes.Repeat(slices.Concat([]byte{0x60}, times(1000, 0x7f), times(1000, 0x7f)), 1000))),
		"a long element":      with(t, base(t), elementSection, u32(1), []byte{1, 0}, times(2_000_000, 0)),
		"nested blocks":       functions(1, u32(0), repeat(50_000, 0x02, 0x40), repeat(50_000, 0x0b), end),
		"nested loops":        functions(1, u32(0), repeat(20_000, 0x03, 0x40), repeat(20_000, 0x0b), end),
		"nested ifs":          functions(1, u32(0), repeat(20_000, 0x41, 0, 0x04, 0x40), repeat(20_000, 0x0b), end),
		"branches":            functions(1, u32(0), []byte{0x41, 0, 0x0e}, times(60_000, 0), []byte{0}, end),
		"locals and blocks":   functions(1, u32(1), u32(3000), []byte{0x7f}, localsAndBlocks(3000), end),
		"locals everywhere":   functions(20_000, u32(1), u32(50_000), []byte{0x7e}, end),
		"nothing but zeros":   make([]byte, 1<<20),
		"over the limit":      append(base(t), custom("much", make([]byte, 33<<20))...),
	}
}

// Bytes beyond the size that any module may have are not even looked at.
func TestModuleOverTheLimit(t *testing.T) {
	refuses(t, giants(t)["over the limit"], is(gohost.ErrLimit), "33")
}

// wazero v1.12.0 never unmaps what it had compiled when a context ends in the
// middle of it.
func TestLoadThatIsStoppedWhileItCompiles(t *testing.T) {
	wasm := functions(t, 20_000, u32(0), []byte{0x0b})
	leavesNothing(t, func() {
		begin := time.Now()
		eng, err := gohost.Load(context.Background(), wasm)
		require.NoError(t, err)
		whole := time.Since(begin)
		require.NoError(t, eng.Close(context.Background()))
		for part := range time.Duration(20) {
			within(t, whole*part/20, func(ctx context.Context) {
				eng, err := gohost.Load(ctx, wasm)
				if err == nil {
					assert.NoError(t, eng.Close(context.Background()))
					return
				}
				assert.Equal(t, is(context.DeadlineExceeded), classesOf(err), "%v", err)
			})
		}
	})
}

// localsAndBlocks sets each of n locals in a block of its own that may be left
// early, which is what makes compiling slow.
func localsAndBlocks(n int) (code []byte) {
	for i := range n {
		code = append(code, 0x02, 0x40, 0x20)
		code = append(append(code, u32(i)...), 0x0d, 0, 0x41, 1, 0x21)
		code = append(append(code, u32((i*7+1)%n)...), 0x0b)
	}
	return code
}

// What nothing can stop before the first instruction of an instance is bounded by how
// much there is of it, each by itself and all together.
func TestStartsThatWouldBeSlow(t *testing.T) {
	all := large(t)
	for _, what := range []string{
		"1048576 passive elements", "131072 passive elements", "65536 segments of elements", "65536 active segments",
		"90000 data segments", "900000 globals", "65536 globals", "65536 exports", "330000 imports",
	} {
		t.Run(what, func(t *testing.T) {
			refuses(t, all[what], is(gohost.ErrLimit), "its instances would take too long to start")
		})
	}
	t.Run("table", func(t *testing.T) {
		refuses(t, all["table of 262144"], is(gohost.ErrLimit), "131072 entries")
	})
	for _, what := range []string{"16384 elements", "16384 globals", "16384 exports", "16384 active segments", "table of 131072", "memory of 255 MiB"} {
		t.Run(what, func(t *testing.T) {
			eng, err := gohost.Load(context.Background(), all[what], gohost.WithMaxInstances(1))
			require.NoError(t, err)
			isRight(t, eng)
			require.NoError(t, eng.Close(context.Background()))
		})
	}
}
