package bind

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Input that is not a description of a world is refused, and says why.
func TestInputThatIsRefused(t *testing.T) {
	world := func(types, function string) string {
		return `{"package":"a:b","world":"w","types":[` + types + `],"imports":[],"exports":[{"interface":"a:b/i","functions":[` + function + `]}]}`
	}
	for name, test := range map[string]struct{ input, reason string }{
		"no JSON":           {"{", "the description of the world"},
		"no world":          {"{}", "it has no name"},
		"unknown kind":      {world(`{"kind":"stream"}`, ""), `values of kind "stream" cannot be passed`},
		"unknown primitive": {world(`{"kind":"list","type":"u128"}`, ""), `"u128" is not a primitive type`},
		"forward reference": {world(`{"kind":"list","type":0}`, ""), "there is no type 0 before this one"},
		"empty record":      {world(`{"kind":"record","name":"r","owner":""}`, ""), "the record is not complete"},
		"33 flags": {
			world(`{"kind":"flags","name":"f","owner":"","flags":[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]}`, ""),
			"33 flags, and the component model allows 32",
		},
		"large array":       {world(`{"kind":"fixed-list","type":"u64","length":8193}`, `{"name":"f","kind":"function","params":[{"name":"a","type":0}]}`), "may have 65536 bytes"},
		"resource as value": {world(`{"kind":"resource","name":"r","owner":"a:b/i"}`, `{"name":"f","kind":"function","params":[{"name":"a","type":0}]}`), "passed as a handle"},
		"handle of a value": {world(`{"kind":"list","type":"u8"},{"kind":"own","resource":0}`, ""), "handles refer to resources"},
		"async":             {world("", `{"name":"f","kind":"async","params":[]}`), `functions of kind "async" cannot be called`},
		"parameter":         {world("", `{"name":"f","kind":"function","params":[{"name":"a"}]}`), `the parameter "a" has no type`},
		"method of nothing": {world("", `{"name":"f","kind":"method","params":[]}`), "methods have a resource"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Generate([]byte(test.input), Options{Package: "p"})
			require.Error(t, err)
			assert.ErrorContains(t, err, test.reason)
		})
	}
	for _, name := range []string{"", "a-b", "_", "main", "func"} {
		_, err := Generate([]byte(`{"world":"w"}`), Options{Package: name})
		require.ErrorContains(t, err, "cannot be the name of a package")
	}
}
