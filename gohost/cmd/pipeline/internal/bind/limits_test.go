package bind

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// description returns the description of a world with a function that takes and returns a
// value of the last of the types, which are JSON.
func description(types []string) []byte {
	last := len(types) - 1
	return fmt.Appendf(nil, `{"package":"a:b","world":"w","types":[%s],"imports":[],"exports":[{"interface":"a:b/c","types":[%d],"functions":[
		{"name":"f","kind":"function","params":[{"name":"v","type":%d}],"result":%d,"type":"func(v: x) -> x"}]}]}`,
		strings.Join(types, ","), last, last, last)
}

// casesOf returns a type with n cases or flags.
func casesOf(kind, members string, n int) string {
	names := make([]string, n)
	for i := range names {
		names[i] = fmt.Sprintf(`{"name":"c%d"}`, i)
	}
	return fmt.Sprintf(`{"kind":%q,"name":"x","owner":"a:b/c",%q:[%s]}`, kind, members, strings.Join(names, ","))
}

func codeOf(t *testing.T, types ...string) string {
	t.Helper()
	files, err := Generate(description(types), Options{Package: "p"})
	require.NoError(t, err)
	var all strings.Builder
	for _, f := range files {
		all.Write(f.Content)
	}
	return all.String()
}

// The sizes of discriminants and flags change at 256 and 65,536 cases, and at 8 and 16 flags.
func TestSizesOfDiscriminants(t *testing.T) {
	for _, test := range []struct {
		kind, members string
		n             int
		want          []string
	}{
		{"enum", "cases", 256, []string{"type X uint8", `c.Discriminant(c.PopI32(), 256, "the enum x")`}},
		{"enum", "cases", 257, []string{"type X uint16", `c.Discriminant(c.PopI32(), 257, "the enum x")`}},
		{"variant", "cases", 65_537, []string{"XC65536 struct{}", `c.PushI32(65536)`, `65537, "the variant x")`}},
		{"flags", "flags", 8, []string{"type X uint8", "X(c.PopU8())"}},
		{"flags", "flags", 9, []string{"type X uint16", "X(c.PopU16() & 0x1ff)"}},
		{"flags", "flags", 32, []string{"type X uint32", "X(c.PopU32())"}},
	} {
		code := codeOf(t, casesOf(test.kind, test.members, test.n))
		for _, want := range test.want {
			assert.Contains(t, code, want, "%d %s", test.n, test.kind)
		}
	}
	// In memory, as elements of a list.
	list := `{"kind":"list","type":0}`
	assert.Contains(t, codeOf(t, casesOf("enum", "cases", 257), list), "cabi.NewList[X](2, 2, loadX, storeX)")
	assert.Contains(t, codeOf(t, casesOf("variant", "cases", 65_537), list), "cabi.NewRecordList[X](4, 4, loadX, storeX)")
}

// What takes no bytes is no type of the component model, nor are more than 32 flags.
func TestTypesWithoutBytes(t *testing.T) {
	for name, text := range map[string]string{
		"no fields": `{"kind":"record","name":"x","owner":"a:b/c","fields":[]}`, "no values": `{"kind":"tuple","types":[]}`,
		"no cases": casesOf("variant", "cases", 0), "an empty enum": casesOf("enum", "cases", 0), "no flags": casesOf("flags", "flags", 0),
		"no elements": `{"kind":"fixed-list","type":"u8","length":0}`, "33 flags": casesOf("flags", "flags", 33), "65 flags": casesOf("flags", "flags", 65),
	} {
		require.True(t, json.Valid([]byte(text)), name)
		_, err := Generate(description([]string{text}), Options{Package: "p"})
		require.Error(t, err, name)
	}
}

// Types within types are bounded: the code that is generated calls itself as deeply, and
// names and texts would grow with the square.
func TestNestingIsBounded(t *testing.T) {
	nested := func(n int) []string {
		types := []string{`{"kind":"option","type":"u8"}`}
		for len(types) < n {
			types = append(types, fmt.Sprintf(`{"kind":"option","type":%d}`, len(types)-1))
		}
		return types
	}
	assert.Contains(t, codeOf(t, nested(maxNesting)...), "wit.Option[")
	for _, n := range []int{maxNesting + 1, 50_000} {
		_, err := Generate(description(nested(n)), Options{Package: "p"})
		require.ErrorContains(t, err, "types within each other")
	}
}
