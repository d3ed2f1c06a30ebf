package tests

import (
	"context"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"example.org/compute-pipeline/gohost"
)

// coreModule is a core module on some runtime. It has an instance from the first use on,
// and another one after giveUp.
type coreModule interface {
	// invoke calls an export. Values are bits, as wazero has them. A trap is a
	// [*gohost.TrapError].
	invoke(ctx context.Context, name string, args ...uint64) ([]uint64, error)
	// read copies memory.
	read(at, length uint32) ([]byte, error)
	write(at uint32, data []byte) error
	// global returns an exported global of type i32, if there is one.
	global(name string) (value uint32, ok bool)
	// giveUp drops the instance.
	giveUp(ctx context.Context) error
}

// exportsOf returns the names of the functions that a core module exports.
func exportsOf(ctx context.Context, wasm []byte) (map[string]bool, error) {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer r.Close(ctx)
	compiled, err := r.CompileModule(ctx, wasm)
	if err != nil {
		return nil, err
	}
	exports := make(map[string]bool)
	for name := range compiled.ExportedFunctions() {
		exports[name] = true
	}
	return exports, nil
}

// wazeroModule is a core module on wazero, without the Go library.
type wazeroModule struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
	instance api.Module
}

func newWazeroModule(ctx context.Context, config wazero.RuntimeConfig, wasm []byte) (*wazeroModule, error) {
	r := wazero.NewRuntimeWithConfig(ctx, config)
	compiled, err := r.CompileModule(ctx, wasm)
	if err != nil {
		return nil, err
	}
	return &wazeroModule{runtime: r, compiled: compiled}, nil
}

func (m *wazeroModule) invoke(ctx context.Context, name string, args ...uint64) ([]uint64, error) {
	if m.instance == nil {
		config := wazero.NewModuleConfig().WithName("").WithStartFunctions("_initialize")
		instance, err := m.runtime.InstantiateModule(ctx, m.compiled, config)
		if err != nil {
			return nil, err
		}
		m.instance = instance
	}
	f := m.instance.ExportedFunction(name)
	if f == nil {
		return nil, fmt.Errorf("the module does not export %s", name)
	}
	results, err := f.Call(ctx, args...)
	if err != nil {
		return nil, &gohost.TrapError{Stack: err.Error()}
	}
	return results, nil
}

func (m *wazeroModule) read(at, length uint32) ([]byte, error) {
	data, ok := m.instance.Memory().Read(at, length)
	if !ok {
		return nil, fmt.Errorf("%d bytes at %d are out of bounds", length, at)
	}
	return append([]byte{}, data...), nil
}

func (m *wazeroModule) write(at uint32, data []byte) error {
	if !m.instance.Memory().Write(at, data) {
		return fmt.Errorf("%d bytes at %d are out of bounds", len(data), at)
	}
	return nil
}

func (m *wazeroModule) global(name string) (uint32, bool) {
	global := m.instance.ExportedGlobal(name)
	if global == nil {
		return 0, false
	}
	return uint32(global.Get()), true
}

func (m *wazeroModule) giveUp(ctx context.Context) error {
	instance := m.instance
	m.instance = nil
	return instance.Close(ctx)
}

func (m *wazeroModule) close(ctx context.Context) error { return m.runtime.Close(ctx) }

// coreProcess is a core module on a runtime in a process of its own, or in a browser.
type coreProcess struct {
	asker interface {
		ask(request, answer any) error
	}
}

func (p coreProcess) invoke(_ context.Context, name string, args ...uint64) ([]uint64, error) {
	digits := make([]string, len(args))
	for i, arg := range args {
		digits[i] = strconv.FormatUint(arg, 10)
	}
	var answer struct {
		Results []string
		Trap    *string
	}
	if err := p.asker.ask(map[string]any{"invoke": name, "args": digits}, &answer); err != nil {
		return nil, err
	}
	if answer.Trap != nil {
		return nil, &gohost.TrapError{Stack: *answer.Trap}
	}
	results := make([]uint64, len(answer.Results))
	for i, result := range answer.Results {
		bits, err := strconv.ParseUint(result, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: result %d: %w", name, i, err)
		}
		results[i] = bits
	}
	return results, nil
}

func (p coreProcess) read(at, length uint32) ([]byte, error) {
	var answer struct{ Hex string }
	if err := p.asker.ask(map[string]uint32{"read": at, "length": length}, &answer); err != nil {
		return nil, err
	}
	data, err := hex.DecodeString(answer.Hex)
	if err == nil && len(data) != int(length) {
		err = fmt.Errorf("%d bytes for %d at %d", len(data), length, at)
	}
	return data, err
}

func (p coreProcess) write(at uint32, data []byte) error {
	return p.asker.ask(map[string]any{"write": at, "hex": hex.EncodeToString(data)}, &struct{}{})
}

func (p coreProcess) global(name string) (uint32, bool) {
	var answer struct{ Global *uint32 }
	err := p.asker.ask(map[string]string{"global": name}, &answer)
	if err != nil || answer.Global == nil {
		return 0, false
	}
	return *answer.Global, true
}

func (p coreProcess) giveUp(context.Context) error {
	return p.asker.ask(map[string]bool{"start": true}, &struct{}{})
}
