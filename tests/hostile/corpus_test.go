package hostile

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// read is a module of the corpus; `make testdata` assembles them.
func read(t testing.TB, path string) []byte {
	t.Helper()
	wasm, err := os.ReadFile(path + ".wasm")
	require.NoError(t, err)
	return wasm
}

// corpus lists the modules of a directory, without their suffix.
func corpus(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.wat"))
	require.NoError(t, err)
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".wat")
	}
	return files
}

// The names of wazero's engines.
const (
	compiler    = "compiler"
	interpreter = "interpreter"
)

// engines are the options for each of them.
var engines = map[string][]gohost.Option{
	compiler:    nil,
	interpreter: {gohost.WithInterpreter()},
}

// inTurn are both engines, with another one first for each next n.
func inTurn(n int) []string {
	if n%2 == 0 {
		return []string{compiler, interpreter}
	}
	return []string{interpreter, compiler}
}

// classes are all that an error can be for errors.Is.
var classes = []error{
	gohost.ErrClosed, gohost.ErrInvalidInput, gohost.ErrContract, gohost.ErrModule, gohost.ErrABI, gohost.ErrTrap, gohost.ErrLimit,
	context.Canceled, context.DeadlineExceeded,
}

// classesOf are those that an error is.
func classesOf(err error) (of []error) {
	for _, class := range classes {
		if errors.Is(err, class) {
			of = append(of, class)
		}
	}
	return of
}

// refusedMemory is a trap of a guest that was refused memory, and tooDeep one of a
// guest whose call stack had no room.
var (
	refusedMemory = []error{gohost.ErrTrap, gohost.ErrLimit}
	tooDeep       = []error{gohost.ErrTrap, gohost.ErrLimit}
)

// noModule is the refusal of bytes that are not a module.
var noModule = []error{gohost.ErrContract, gohost.ErrModule}

func is(class ...error) []error { return class }

// isTyped checks that an error has all that a program wants to know of it.
func isTyped(t *testing.T, err error) {
	t.Helper()
	var failure *gohost.Error
	if !assert.ErrorAs(t, err, &failure) {
		return
	}
	assert.NotEmpty(t, failure.Module)
	assert.NotEmpty(t, failure.Function)
	assert.ErrorIs(t, err, failure.Class)
	var limit *gohost.LimitError
	if assert.Equal(t, errors.Is(err, gohost.ErrLimit), errors.As(err, &limit), "%v", err) && limit != nil {
		assert.Contains(t, limits, limit.Which)
		assert.Equal(t, limit.Which != gohost.LimitStack, limit.Max > 0, "%v", err)
		assert.Equal(t, gohost.ErrLimit, failure.Class)
	}
	var trap *gohost.TrapError
	assert.Equal(t, errors.Is(err, gohost.ErrTrap), errors.As(err, &trap), "%v", err)
	var contract *gohost.ContractError
	listed := errors.Is(err, gohost.ErrContract) && !errors.Is(err, gohost.ErrModule)
	if assert.Equal(t, listed, errors.As(err, &contract), "%v", err) && contract != nil {
		assert.NotEmpty(t, contract.Problems)
		assert.NotContains(t, contract.Problems, "")
	}
}

// limits are all that there are.
var limits = []gohost.Limit{
	gohost.LimitFuel, gohost.LimitTime, gohost.LimitMemory, gohost.LimitStack, gohost.LimitResult, gohost.LimitHeap, gohost.LimitState,
	gohost.LimitModuleSize, gohost.LimitTableEntries, gohost.LimitStart, gohost.LimitLocals, gohost.LimitFunctionSize,
	gohost.LimitCompileTime, gohost.LimitCompileMemory, gohost.LimitCodeMemory, gohost.LimitCheckFuel, gohost.LimitCheckMemory,
	gohost.LimitInstances, gohost.LimitFunctions, gohost.LimitMergedSize, gohost.LimitAliases,
}

// within runs f with a context that ends after d, and fails the test if f does
// not come back long after that.
func within(t *testing.T, d time.Duration, f func(ctx context.Context)) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	hung := time.AfterFunc(d+time.Minute, func() { panic("a call hangs: " + t.Name()) })
	defer hung.Stop()
	f(ctx)
}

// forever is more than any call takes that ends.
const forever = 10 * time.Minute

// stopping is a context that ends like one with a deadline, but once it was looked
// at so many times: a guest looks at each slice of its fuel. So a call that never
// ends is stopped in the guest, at the same place on every machine.
type stopping struct {
	context.Context
	looks atomic.Int64
}

func endsAfter(ctx context.Context, looks int64) *stopping {
	s := &stopping{Context: ctx}
	s.looks.Store(looks)
	return s
}

func (s *stopping) Err() error {
	if s.looks.Add(-1) < 0 {
		return context.DeadlineExceeded
	}
	return s.Context.Err()
}

// fuelSlices is how many slices of fuel a call gets that never ends.
const fuelSlices = 20

// checkBeforeStart returns Check's error, and a function that returns contexts for
// loads: each stops a start that never ends, after as many looks as the check had,
// which does all that comes before the start and uses the same fuel each time.
func checkBeforeStart(ctx context.Context, wasm []byte) (starts func() context.Context, refused error) {
	const plenty = 1 << 40
	checked := endsAfter(ctx, plenty)
	refused = gohost.Check(checked, wasm)
	looks := plenty - checked.looks.Load() + fuelSlices
	return func() context.Context { return endsAfter(ctx, looks) }, refused
}

// leavesNothing runs f and checks that the process is as it was: the heap, the
// goroutines, the pages of code, and nothing printed.
func leavesNothing(t *testing.T, f func()) {
	t.Helper()
	goroutines, pages, heap := runtime.NumGoroutine(), codePages(t), heapBytes()
	printed := captured(t, f)
	assert.Empty(t, printed, "the host prints nothing")
	const slack = 1 << 20 // pools and buffers of the runtime itself
	var left string
	for range 500 {
		// Code is unmapped by finalizers, some time after a collection.
		left = ""
		if n := runtime.NumGoroutine(); n > goroutines+1 {
			left += fmt.Sprintf(" %d goroutines where there were %d;", n, goroutines)
		}
		if n := heapBytes(); n > heap+slack {
			left += fmt.Sprintf(" %d bytes of heap where there were %d;", n, heap)
		}
		if n := codePages(t); n > pages {
			left += fmt.Sprintf(" %d mappings of code where there were %d;", n, pages)
		}
		if left == "" {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("left behind:" + left)
}

// lazyGC is how much the heap grows before it is collected, in percent.
const lazyGC = 400

// The prepare module is compiled with the first module, and kept. Each check takes a megabyte
// of memory that is garbage after it, so collecting less often saves a third of the
// processor time. What measures the process collects beforehand.
func TestMain(m *testing.M) {
	debug.SetGCPercent(lazyGC)
	if err := gohost.Check(context.Background(), nil); !errors.Is(err, gohost.ErrModule) {
		panic(err)
	}
	os.Exit(m.Run())
}

func heapBytes() uint64 {
	runtime.GC()
	runtime.GC() // what the first one finalized
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// codePages counts the mappings of compiled code, where the system tells.
func codePages(t testing.TB) (n int) {
	t.Helper()
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(maps) {
		if fields := bytes.Fields(line); len(fields) == 5 && bytes.ContainsRune(fields[1], 'x') {
			n++
		}
	}
	return n
}

// captured is what f prints to standard output and error.
func captured(t *testing.T, f func()) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "printed"))
	require.NoError(t, err)
	defer file.Close()
	stdout, stderr := os.Stdout, os.Stderr
	os.Stdout, os.Stderr = file, file
	defer func() { os.Stdout, os.Stderr = stdout, stderr }()
	f()
	printed, err := os.ReadFile(file.Name())
	require.NoError(t, err)
	return string(printed)
}

// function is one function of the contract with an input for which the modules
// of the corpus are right, and one for which they need not be.
type function struct {
	name    string
	honest  func(context.Context, *gohost.Engine) (any, error)
	right   any
	hostile func(context.Context, *gohost.Engine) (any, error)
}

// guestError is an answer that is the err of a WIT result.
type guestError string

// answer makes a value of a result<T, string>.
func answer[T any](value T, err error) (any, error) {
	var g *gohost.GuestError
	if errors.As(err, &g) {
		return guestError(g.Message), nil
	}
	if err != nil {
		return nil, err
	}
	return bits(value), nil
}

// nan are the bits of the contract's only NaN.
const nan = 0x7ff8000000000000

// bits makes numbers of what has floats in it, so that each bit is compared.
func bits(value any) any {
	f := math.Float64bits
	switch v := value.(type) {
	case gohost.Aggregate:
		return [3]uint64{f(v.Mean), f(v.Variance), f(v.Sum)}
	case gohost.Statistics:
		return [8]uint64{v.Count, f(v.Mean), f(v.Variance), f(v.Sum), f(v.Min), f(v.Max), v.First, v.Last}
	case []gohost.Datapoint:
		points := make([][2]uint64, len(v))
		for i, p := range v {
			points[i] = [2]uint64{p.Timestamp, f(p.Value)}
		}
		return points
	default:
		return value
	}
}

var (
	onePoint  = []gohost.Datapoint{{}}
	twoPoints = []gohost.Datapoint{{Timestamp: 1}, {Timestamp: 2}}
	onePacked = packed(1)
	twoPacked = packed(1, 2)
	document  = []byte(`[{"timestamp":1,"value":2}]`)
	check     = []byte("123456789") // its CRC-32 is 0xcbf43926
)

// packed are datapoints with the given timestamps.
func packed(timestamps ...uint64) (batch []byte) {
	for _, t := range timestamps {
		batch = binary.LittleEndian.AppendUint64(batch, t)
		batch = binary.LittleEndian.AppendUint64(batch, math.Float64bits(float64(t)/2))
	}
	return batch
}

func aggregate(points []gohost.Datapoint) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.ComputeAggregate(ctx, points))
	}
}

func validate(text []byte) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.ValidateStream(ctx, text))
	}
}

func process(batch []byte) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.ProcessBatch(ctx, batch))
	}
}

func checksum(data []byte, expected uint32) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.ValidateChecksum(ctx, data, expected))
	}
}

func fold(state []byte, points []gohost.Datapoint) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.Fold(ctx, state, points))
	}
}

func merge(a, b []byte) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.Merge(ctx, a, b))
	}
}

func finish(state []byte) func(context.Context, *gohost.Engine) (any, error) {
	return func(ctx context.Context, eng *gohost.Engine) (any, error) {
		return answer(eng.Finish(ctx, state))
	}
}

var (
	fnAggregate = function{"compute-aggregate", aggregate(onePoint), [3]uint64{}, aggregate(twoPoints)}
	fnValidate  = function{"validate-stream", validate([]byte("[]")), guestError("Empty dataset"), validate(document)}
	fnBatch     = function{"process-batch", process(onePacked), onePacked, process(twoPacked)}
	fnChecksum  = function{"validate-checksum", checksum(nil, 0), true, checksum(check, 0xcbf43926)}
	fnFold      = function{"fold", fold(nil, nil), []byte(nil), fold([]byte("state"), twoPoints)}
	fnMerge     = function{"merge", merge(nil, nil), []byte(nil), merge([]byte("first"), []byte("other"))}
	fnFinish    = function{"finish", finish(nil), [8]uint64{}, finish([]byte("state"))}

	// fnNothing passes a list without elements.
	fnNothing = function{"compute-aggregate", aggregate(onePoint), [3]uint64{}, aggregate(nil)}
)

// functionsOf are the functions that a module has.
func functionsOf(eng *gohost.Engine) []function {
	all := []function{fnAggregate, fnValidate, fnBatch, fnChecksum}
	if eng.HasSummary() {
		all = append(all, fnFold, fnMerge, fnFinish)
	}
	return all
}

// isRight checks that all functions are right for what modules of the corpus
// are right for.
func isRight(t *testing.T, eng *gohost.Engine) {
	t.Helper()
	within(t, forever, func(ctx context.Context) {
		for _, f := range functionsOf(eng) {
			got, err := f.honest(ctx, eng)
			if assert.NoError(t, err, f.name) {
				assert.Equal(t, f.right, got, f.name)
			}
		}
	})
}
