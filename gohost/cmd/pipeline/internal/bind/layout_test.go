package bind

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The parser of WIT computes the same layouts.
func TestLayout(t *testing.T) {
	for name := range worlds {
		var in input
		require.NoError(t, json.Unmarshal(describe(t, name), &in))
		b := newBuilder(&in)
		_, err := b.build()
		require.NoError(t, err)
		for i, want := range in.Types {
			r := &ref{index: i}
			if in.isResource(r) {
				continue
			}
			got := b.typeOf(r, false)
			assert.Equal(t, uint64(*want.Size), got.size, "%s: the size of type %d", name, i)
			assert.Equal(t, uint64(*want.Align), got.align, "%s: the alignment of type %d", name, i)
			if want.Flat == nil {
				assert.Greater(t, len(got.flat), maxFlatParams, "%s: type %d", name, i)
			} else {
				assert.Equal(t, *want.Flat, got.flat, "%s: the flat values of type %d", name, i)
			}
		}
		for n, list := range [][]inputInterface{in.Imports, in.Exports} {
			for k, i := range list {
				for m, want := range i.Functions {
					got := [][]*iface{b.world.imports, b.world.exports}[n][k].functions[m]
					params, results := got.core(n == 0)
					assert.Equal(t, want.CoreParams, params, "%s: the parameters of %s", name, want.Name)
					assert.Equal(t, want.CoreResults, results, "%s: the results of %s", name, want.Name)
					assert.Equal(t, want.ParamsInMemory, got.paramsInMemory(), "%s: %s", name, want.Name)
					assert.Equal(t, want.ResultInMemory, got.resultInMemory(), "%s: %s", name, want.Name)
				}
			}
		}
	}
}

func TestLayoutOfLargeUnions(t *testing.T) {
	for _, c := range []struct {
		cases      int
		size, want uint64
	}{{1, 1, 1}, {256, 1, 1}, {257, 2, 2}, {65536, 2, 2}, {65537, 4, 4}} {
		l := union(c.cases, nil)
		assert.Equal(t, c.size, l.size, "%d cases", c.cases)
		assert.Equal(t, c.want, l.align, "%d cases", c.cases)
	}
}

func TestPlainTypes(t *testing.T) {
	u8, u32, u64, f64 := primitiveType("u8"), primitiveType("u32"), primitiveType("u64"), primitiveType("f64")
	record := func(types ...*valueType) *valueType {
		r := &valueType{kind: kindRecord}
		for _, t := range types {
			r.fields = append(r.fields, field{typ: t})
		}
		r.layout = layoutOf(r)
		return r
	}
	array := func(elem *valueType, length uint32) *valueType {
		a := &valueType{kind: kindArray, elem: elem, length: length}
		a.layout = layoutOf(a)
		return a
	}
	for _, c := range []struct {
		name  string
		typ   *valueType
		plain bool
	}{
		{"u64", u64, true},
		{"two numbers", record(u64, f64), true},
		{"no gap in the end", record(u64, u32, u32), true},
		{"a gap in the middle", record(u8, u64), false},
		{"a gap in the end", record(u64, u8), false},
		{"a record in a record", record(record(u32, u32), u64), true},
		{"a record with a gap in a record", record(record(u64, u8), u64), false},
		{"an array", record(array(u32, 2), u64), true},
		{"an array that is no multiple", record(array(u8, 3), u8), true},
		{"an array before a gap", record(array(u8, 3), u32), false},
		{"an array of records with gaps", array(record(u32, u8), 4), false},
		{"bool", record(primitiveType("bool")), false},
		{"char", primitiveType("char"), false},
		{"string", record(primitiveType("string")), false},
	} {
		assert.Equal(t, c.plain, isPlain(c.typ), c.name)
	}
}
