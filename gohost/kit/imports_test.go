package kit

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/internal/dynamic"
	"example.org/compute-pipeline/gohost/sandbox"
)

// The kit's imports answer the same to the same arguments, in every call of the module, and
// come to an end for a guest that asks until there is no more.
func TestImportsOfTheKit(t *testing.T) {
	typ, err := dynamic.ParseFunction("func(key: u32) -> option<list<u8>>")
	require.NoError(t, err)
	h := &host{seed: 1}
	ask := func(key uint64) any {
		v, err := h.answer("store#get", typ, []any{key})
		require.NoError(t, err)
		return v
	}
	first := []any{ask(1), ask(1), ask(2)}
	assert.True(t, typ.Result.Equal(first[0], first[1]))
	h.taken()
	for i, key := range []uint64{1, 1, 2} {
		assert.True(t, typ.Result.Equal(first[i], ask(key)))
	}
	h.taken()
	calls := 1
	for ; ask(1).(dynamic.Case).Index == 1; calls++ {
		require.Less(t, calls, 1000)
	}
	different := 0
	for key := range uint64(50) {
		h.taken()
		v := ask(key)
		h.taken()
		if !typ.Result.Equal(v, ask(key+1)) {
			different++
		}
	}
	assert.Greater(t, different, 25)
}

// A resource that is made of two others, and each of these of two more, 40 times, is not made.
func TestResourcesOfResources(t *testing.T) {
	c := &checker{random: rand.New(rand.NewPCG(1, 1)), makers: map[*cabi.ResourceType][]*function{}}
	below := &cabi.ResourceType{Name: "r", Exported: true}
	typ, err := dynamic.ParseFunction("func() -> own<resource>", below)
	require.NoError(t, err)
	f := &function{name: "make", typ: typ}
	c.makers[below] = []*function{f}
	for range 40 {
		r := &cabi.ResourceType{Name: "r", Exported: true}
		typ, err := dynamic.ParseFunction("func(a: own<resource>, b: own<resource>) -> own<resource>", below, below, r)
		require.NoError(t, err)
		f, below = &function{name: "make", typ: typ}, r
		c.makers[r] = []*function{f}
	}
	var count func(args []any) int
	count = func(args []any) (n int) {
		for _, arg := range args {
			n += 1 + count(arg.(*made).args)
		}
		return n
	}
	args := c.arguments(f, 10)
	assert.Less(t, count(args), 2*maxMade)
	assert.Less(t, len(f.text(args)), 1<<20)
	_, err = (&errand{}).make(t.Context(), below, &made{})
	require.ErrorIs(t, err, errUnmade)
}

// A function without a result does nothing, and one that would return a resource of the
// guest fails.
func TestImportsThatTheKitCannotHave(t *testing.T) {
	types := resourceTypes(&sandbox.Contract{Exports: []sandbox.Interface{{Name: "a:b/c", Resources: []string{"d"}}}})
	h := &host{seed: 1}
	none, err := dynamic.ParseFunction("func()")
	require.NoError(t, err)
	v, err := h.answer("a#b", none, nil)
	require.NoError(t, err)
	assert.Nil(t, v)
	own, err := dynamic.ParseFunction("func() -> own<resource>", types["[export]a:b/c#d"])
	require.NoError(t, err)
	_, err = h.answer("a#b", own, nil)
	require.ErrorIs(t, err, errNoResource)
}
