package cabi

import (
	"context"
	_ "embed"
	"sync"
	"unicode/utf8"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"example.org/compute-pipeline/gohost/internal/compiler"
)

//go:embed reallocs.wasm
var reallocsWasm []byte

const (
	// reallocsExport is the function of the module reallocs.
	reallocsExport = "reallocs"
	// fewStrings are lowered one by one, and at most manyStrings together.
	fewStrings, manyStrings = 8, atOnce / 2
)

// Reallocs is a module that calls a guest's realloc for many strings: each call from Go
// takes wazero three times as long as one from a module. It shares the guest's memory.
type Reallocs struct {
	runtime  wazero.Runtime
	compiled func() (wazero.CompiledModule, error)
}

// NewReallocs returns the module for the guests of a runtime. It is compiled when the
// first of them needs it.
func NewReallocs(r wazero.Runtime) *Reallocs {
	return &Reallocs{r, sync.OnceValues(func() (wazero.CompiledModule, error) {
		return r.CompileModule(context.Background(), reallocsWasm)
	})}
}

// reallocs is the module Reallocs of one instance.
type reallocs struct {
	module   api.Module
	function api.Function
	tried    bool
}

// start returns the function of the module for a guest, or nil if there is none.
func (r *reallocs) start(of *Reallocs, guest api.Module) api.Function {
	if r.tried || of == nil {
		return r.function
	}
	r.tried = true
	compiled, err := of.compiled()
	if err != nil {
		return nil // a full disk, or a runtime that is being closed
	}
	ctx := experimental.WithImportResolver(context.Background(), func(string) api.Module { return guest })
	module, err := of.runtime.InstantiateModule(ctx, compiled, compiler.Instances)
	if err != nil {
		return nil // realloc is not the guest's own function, or has another type
	}
	r.module, r.function = module, module.ExportedFunction(reallocsExport)
	return r.function
}

// close frees the module, after the guest: it would free the guest's memory.
func (r *reallocs) close(ctx context.Context) error {
	if r.module == nil {
		return nil
	}
	return r.module.Close(ctx)
}

// lowerStrings writes a list of strings into room of its own, and returns the address.
func (c *Call) lowerStrings(list []string) uint32 {
	ptr := c.room(len(list), listSize, listAlign)
	at := ptr
	for len(list) > 0 && c.err == nil {
		some := group(list)
		list = list[len(some):]
		if !c.lowerTogether(at, some) {
			c.lowerEach(at, some)
		}
		at += uint32(len(some)) * listSize
	}
	return ptr
}

// group returns the first strings of a list, at least one, that are few and short enough
// to be copied without a look whether the call must end.
func group(list []string) []string {
	list = list[:min(len(list), manyStrings)]
	room := pieceSize
	for i, s := range list {
		if len(s) > room {
			return list[:max(i, 1)]
		}
		room -= len(s)
	}
	return list
}

// lowerEach writes strings into the elements of a list, one after the other.
func (c *Call) lowerEach(at uint32, list []string) {
	for _, s := range list {
		if c.err != nil {
			return
		}
		c.StoreString(at, s)
		at += listSize
	}
}

// lowerTogether is lowerEach for a [group], with one call of the guest for all. It reports
// false, and has called no guest, if there are few strings or there is no such function.
func (c *Call) lowerTogether(at uint32, list []string) bool {
	if len(list) < fewStrings {
		return false
	}
	in := c.in
	function := in.reallocs.start(in.Reallocs, in.module)
	if function == nil {
		return false
	}
	end := at + uint32(len(list))*listSize
	elements := c.mem[at:end]
	copying := 0 // units of work
	for _, s := range list {
		units := 1 + len(s)/bytesPerUnit
		if !c.spend(units) {
			return true
		}
		copying += units
		if !utf8.ValidString(s) {
			c.notUTF8(s)
			return true
		}
		le.PutUint32(elements[4:], uint32(len(s)))
		elements = elements[listSize:]
	}
	stack := in.reallocStack[:]
	stack[0], stack[1] = uint64(at), uint64(end)
	in.mustStay = true
	err := function.CallWithStack(c.ctx, stack)
	in.mustStay = false
	if err != nil {
		c.failRealloc(err)
		return true
	}
	if !c.spend(copying) {
		return true
	}
	c.refresh()
	memory := c.mem
	elements = memory[at:end]
	for _, s := range list {
		text := le.Uint32(elements)
		if uint64(text)+uint64(len(s)) > uint64(len(memory)) {
			c.within("what realloc returned", text, uint64(len(s)), 1)
			return true
		}
		copy(memory[text:], s)
		// The length again, which realloc may have overwritten.
		le.PutUint32(elements[4:], uint32(len(s)))
		elements = elements[listSize:]
	}
	return true
}
