// Package wit reads WIT, the language of component interfaces, and describes a world
// of it as JSON (guest/wit).
//
// The parser is a WebAssembly module, so that it needs no Rust, and so that text from
// elsewhere is parsed in a sandbox with bounded memory and work. It runs in wazero's
// interpreter: compiling it would take longer than the few worlds that a process reads.
package wit

import (
	"context"
	_ "embed"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/fuel"
)

// wasm is guest/wit, built, hardened and metered, by scripts/build-module.sh.
//
//go:embed wit.wasm
var wasm []byte

// memoryPages bounds the parser's memory: 256 MiB.
const memoryPages = 1 << 12

// The fuel for sources of so many bytes is baseFuel + fuelPerByte*size: 10 s at most.
// WASI 0.2 takes 175 million, 1,300 a byte; text of nothing but short definitions takes
// up to 9,000 a byte.
const fuelPerByte = 1_000

var baseFuel uint64 = 1_000_000_000 // a variable for tests

// Options say what is described.
type Options struct {
	// World is the name of the world, or namespace:package/name with or without a
	// version. It may be empty where there is one world only. The world of a component,
	// which has no name in it, gets this one.
	World string
	// Features are names of features whose unstable items are there.
	Features []string
	// Many makes the parser run in wazero's compiler. That takes longer for the first
	// world of a process, and a fifth of the time for each one after it.
	Many bool
}

// Error is an error in the WIT.
type Error struct {
	// File is the file, and Line and Column (in bytes) the place in it, from 1. Both are
	// 0 where the error has no place: in a component.
	File         string
	Line, Column int
	Reason       string
}

func (e *Error) Error() string {
	switch {
	case e.File == "":
		return e.Reason
	case e.Line == 0:
		return e.File + ": " + e.Reason
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// Describe returns the JSON that guest/wit/src/lib.rs specifies. It is the same for
// the same WIT, wherever it lies. What is wrong in the WIT is an [*Error].
//
// The path leads to a directory of .wit files, whose directory deps has the packages that
// it depends on, as directories, .wit files or WIT in binary form (.wasm); to a .wit file;
// to a component or WIT in binary form; or to a core module that declares its world.
func Describe(ctx context.Context, path string, options Options) ([]byte, error) {
	files, err := read(path)
	if err != nil {
		return nil, err
	}
	return describe(ctx, path, files, options)
}

func describe(ctx context.Context, path string, files []file, options Options) ([]byte, error) {
	request := appendField(nil, options.World)
	request = appendField(request, strings.Join(options.Features, ","))
	for _, f := range files {
		request = appendField(request, strconv.Itoa(f.group))
		request = appendField(request, f.path)
		request = appendField(request, f.contents)
	}
	answer, failed, err := run(ctx, request, options.Many)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if !failed {
		return answer, nil
	}
	var report struct {
		Error, File  string
		Line, Column int
	}
	if err := json.Unmarshal(answer, &report); err != nil {
		return nil, fmt.Errorf("%s: the parser reports %q: %w", path, answer, err)
	}
	return nil, &Error{File: report.File, Line: report.Line, Column: report.Column, Reason: report.Error}
}

// appendField appends a field of a request (guest/wit/src/request.rs).
func appendField[T string | []byte](request []byte, field T) []byte {
	request = binary.LittleEndian.AppendUint32(request, uint32(len(field)))
	return append(request, field...)
}

// A compiled is the parser, ready for instances.
type compiled struct {
	runtime wazero.Runtime
	module  wazero.CompiledModule
}

// Each is compiled with the first world, in some 50 ms for the interpreter, and kept.
var (
	forFew  = sync.OnceValues(func() (compiled, error) { return compile(wazero.NewRuntimeConfigInterpreter()) })
	forMany = sync.OnceValues(func() (compiled, error) { return compile(wazero.NewRuntimeConfigCompiler()) })
)

func compile(config wazero.RuntimeConfig) (c compiled, err error) {
	ctx := context.Background()
	config = config.WithMemoryLimitPages(memoryPages).WithDebugInfoEnabled(false)
	c.runtime = wazero.NewRuntimeWithConfig(ctx, config)
	if err := fuel.Instantiate(ctx, c.runtime); err != nil {
		return c, err
	}
	c.module, err = c.runtime.CompileModule(ctx, wasm)
	return c, err
}

// run gives a request to a new instance of the parser. The answer is the world or,
// where it failed, an error.
func run(ctx context.Context, request []byte, many bool) (answer []byte, failed bool, err error) {
	if err := ctx.Err(); err != nil {
		return nil, false, err
	}
	shared := forFew
	if many {
		shared = forMany
	}
	c, err := shared()
	if err != nil {
		return nil, false, fmt.Errorf("start the parser: %w", err)
	}
	var meter fuel.Meter
	meter.Begin(ctx, fuel.Limits{Budget: fuel.Unlimited})
	instance, err := c.runtime.InstantiateModule(&meter, c.module, compiler.Instances)
	if err != nil {
		return nil, false, fmt.Errorf("start the parser: %w", err)
	}
	defer func() { err = errors.Join(err, instance.Close(context.WithoutCancel(ctx))) }()
	if err := meter.Bind(instance); err != nil {
		return nil, false, err
	}
	meter.Begin(ctx, fuel.Limits{Budget: baseFuel + fuelPerByte*uint64(len(request))})
	p := parser{ctx: &meter, instance: instance}
	at, err := p.call("input", uint64(len(request)))
	if err != nil {
		return nil, false, err
	}
	// The memory is looked up after each call, since a call may grow it.
	if !instance.Memory().Write(uint32(at), request) {
		return nil, false, fmt.Errorf("the parser gave room outside its memory at %#x", at)
	}
	status, err := p.call("describe")
	if err != nil {
		return nil, false, err
	}
	output, err := p.call("output")
	if err != nil {
		return nil, false, err
	}
	view, ok := instance.Memory().Read(uint32(output>>32), uint32(output))
	if !ok {
		return nil, false, fmt.Errorf("the parser gave an answer outside its memory: %#x", output)
	}
	return append([]byte(nil), view...), status != 0, nil
}

// ErrLimit is the error for WIT that takes more memory or work than the parser may
// use, or is nested deeper than it can follow.
var ErrLimit = errors.New("the WIT is too large")

// parser is an instance that nobody else uses.
type parser struct {
	ctx      context.Context // of the calls
	instance api.Module
}

// call calls a function with one result.
func (p *parser) call(name string, args ...uint64) (uint64, error) {
	results, err := p.instance.ExportedFunction(name).Call(p.ctx, args...)
	if err == nil {
		return results[0], nil
	}
	if stopped := (*fuel.Stopped)(nil); errors.As(err, &stopped) {
		if errors.Is(stopped, fuel.ErrBudget) {
			return 0, fmt.Errorf("%w: reading it takes too long for its size", ErrLimit)
		}
		return 0, stopped.Reason
	}
	// Rust traps when memory runs out. What it then asked for was at most a few times
	// what it had; any other trap is a defect of the parser.
	const exhausted = memoryPages / 8 << 16
	if p.instance.Memory().Size() > exhausted {
		return 0, fmt.Errorf("%w: reading it takes more than %d MiB of memory", ErrLimit, memoryPages>>4)
	}
	if strings.Contains(err.Error(), "stack overflow") { // wazero exports no error for it
		return 0, fmt.Errorf("%w: it is nested too deep", ErrLimit)
	}
	return 0, fmt.Errorf("the parser of WIT failed: %w", err)
}
