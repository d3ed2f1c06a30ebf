package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// describeModule writes what a core module imports and exports. Names and
// types come from the runtime that would run it.
func describeModule(ctx context.Context, w io.Writer, wasm []byte) (err error) {
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter())
	defer func() { err = errors.Join(err, r.Close(ctx)) }()
	m, err := r.CompileModule(ctx, wasm)
	if err != nil {
		return fmt.Errorf("not a valid core module: %w", err)
	}
	exports := m.ExportedFunctions()
	names := slices.Sorted(maps.Keys(exports))
	list(w, "WIT interfaces", interfaces(names))

	var imported []string
	for _, f := range m.ImportedFunctions() {
		module, name, _ := f.Import()
		imported = append(imported, fmt.Sprintf("func %q %q %s", module, name, signature(f)))
	}
	for _, memory := range m.ImportedMemories() {
		module, name, _ := memory.Import()
		imported = append(imported, fmt.Sprintf("memory %q %q %s", module, name, limits(memory)))
	}
	list(w, "imports", imported)

	var exported []string
	for name, memory := range m.ExportedMemories() {
		exported = append(exported, fmt.Sprintf("memory %q %s", name, limits(memory)))
	}
	slices.Sort(exported)
	for _, name := range names {
		exported = append(exported, fmt.Sprintf("func %q %s", name, signature(exports[name])))
	}
	list(w, "exports", exported)
	return nil
}

// interfaces groups the exports that are functions of WIT interfaces, named
// package/interface@version#function, by interface.
func interfaces(names []string) []string {
	functions := map[string][]string{}
	for _, name := range names {
		if iface, function, ok := strings.Cut(name, "#"); ok && !strings.HasPrefix(name, "cabi_post_") {
			functions[iface] = append(functions[iface], function)
		}
	}
	var lines []string
	for _, iface := range slices.Sorted(maps.Keys(functions)) {
		lines = append(lines, fmt.Sprintf("%s: %s", iface, strings.Join(functions[iface], ", ")))
	}
	return lines
}

// signature writes a function's type as the specification does.
func signature(f api.FunctionDefinition) string {
	return "[" + types(f.ParamTypes()) + "] -> [" + types(f.ResultTypes()) + "]"
}

func types(list []api.ValueType) string {
	names := make([]string, len(list))
	for i, t := range list {
		names[i] = api.ValueTypeName(t)
	}
	return strings.Join(names, " ")
}

func limits(m api.MemoryDefinition) string {
	const kibPerPage = 64
	text := fmt.Sprintf("%d KiB at the start", uint64(m.Min())*kibPerPage)
	if most, ok := m.Max(); ok {
		return text + fmt.Sprintf(", at most %d KiB", uint64(most)*kibPerPage)
	}
	return text + ", no limit of its own"
}
