package hostile

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// export is an entry of an export section.
type export struct {
	name  string
	kind  byte
	index byte
}

func (e export) bytes() []byte {
	return append(sized([]byte(e.name)), e.kind, e.index)
}

// exports are those of a small module.
func exports(t *testing.T, wasm []byte) (list []export) {
	t.Helper()
	rest := contents(t, wasm, exportSection)
	count, n := binary.Uvarint(rest)
	for rest = rest[n:]; len(list) < int(count); {
		size, n := binary.Uvarint(rest)
		name := rest[n:][:size]
		rest = rest[n+int(size):]
		list = append(list, export{string(name), rest[0], rest[1]})
		rest = rest[2:]
	}
	require.Empty(t, rest)
	return list
}

// withExports is the module with other exports.
func withExports(t *testing.T, wasm []byte, list []export) []byte {
	t.Helper()
	var all [][]byte
	for _, e := range list {
		all = append(all, e.bytes())
	}
	return with(t, wasm, exportSection, u32(len(list)), bytes.Join(all, nil))
}

// refuses checks that a module is refused, by Load and by Check, on both
// engines.
func refuses(t *testing.T, wasm []byte, classes []error, text string) {
	t.Helper()
	within(t, forever, func(ctx context.Context) {
		for name, opts := range engines {
			_, err := gohost.Load(ctx, wasm, opts...)
			assert.Equal(t, classes, classesOf(err), "%s: %v", name, err)
			assert.ErrorContains(t, err, text, name)
		}
		err := gohost.Check(ctx, wasm)
		assert.Equal(t, classes, classesOf(err), "%v", err)
		assert.ErrorContains(t, err, text)
	})
}

func TestEveryExportMissing(t *testing.T) {
	all := exports(t, base(t))
	require.Len(t, all, 6)
	for i, e := range all {
		t.Run(e.name, func(t *testing.T) {
			text := `"` + e.name + `"`
			less := append(append([]export{}, all[:i]...), all[i+1:]...)
			refuses(t, withExports(t, base(t), less), is(gohost.ErrContract), text)
			renamed := append([]export{{e.name + "\x00", e.kind, e.index}}, less...)
			refuses(t, withExports(t, base(t), renamed), is(gohost.ErrContract), text)
		})
	}
	refuses(t, withExports(t, base(t), nil), is(gohost.ErrContract), all[5].name[:strings.IndexByte(all[5].name, '@')])
}

// Each export is in turn each other function and the memory.
func TestEveryExportOfEveryOtherType(t *testing.T) {
	all := exports(t, base(t))
	types := map[byte]string{ // by function: realloc, aggregate, validate, batch, checksum
		0: "(func (param i32 i32 i32 i32) (result i32))",
		1: "(func (param i32 i32) (result i32))",
		2: "(func (param i32 i32) (result i32))",
		3: "(func (param i32 i32) (result i32))",
		4: "(func (param i32 i32 i32) (result i32))",
	}
	tried := 0
	for i, e := range all {
		for f, wrong := range types {
			if e.kind != 0 || types[e.index] == wrong {
				continue
			}
			changed := append([]export{}, all...)
			changed[i].index = f
			refuses(t, withExports(t, base(t), changed), is(gohost.ErrContract),
				fmt.Sprintf("%q has the type %s, not %s", e.name, wrong, types[e.index]))
			tried++
		}
		changed := append([]export{}, all...)
		changed[i].kind ^= 2 // the memory as a function, a function as the memory
		changed[i].index = 0
		if e.kind == 0 {
			refuses(t, withExports(t, base(t), changed), is(gohost.ErrContract), `"`+e.name+`"`)
		} else {
			refuses(t, withExports(t, base(t), changed), is(gohost.ErrContract), `"memory"`)
		}
	}
	assert.Equal(t, 4+3*2+4, tried)
}

func TestExportTwice(t *testing.T) {
	all := exports(t, base(t))
	for _, e := range all {
		refuses(t, withExports(t, base(t), append([]export{e}, all...)), noModule, "duplicate export name")
	}
}

func TestPostReturnsOfEveryWrongType(t *testing.T) {
	all := exports(t, base(t))
	for _, e := range all {
		if !strings.Contains(e.name, "#") {
			continue
		}
		post := export{"cabi_post_" + e.name, 0, e.index}
		refuses(t, withExports(t, base(t), append([]export{post}, all...)), is(gohost.ErrContract),
			fmt.Sprintf("%q has the type ", post.name))
	}
}
