package sandbox

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/tetratelabs/wazero/api"
)

func TestBestVersion(t *testing.T) {
	for _, test := range []struct {
		host, want string
		guest      []string
	}{
		{"1.1.0", "1.0.0", []string{"1.0.0"}},
		{"1.1.0", "1.1.0", []string{"1.0.0", "1.1.0", "1.2.0"}},
		{"0.2.1", "0.2.1", []string{"0.2.3", "0.2.1"}},
		{"1.0.0", "1.10.0", []string{"1.2.0", "1.10.0", "2.0.0", "0.1.0"}},
		{"0.1.0", "0.1.12", []string{"0.1.2", "0.1.12", "0.2.0", "1.1.0"}},
		{"0.0.1", "0.0.1", []string{"0.0.2", "0.0.1"}},
		{"0.0.1", "", []string{"0.0.2"}},
		{"0.1.0", "", []string{"0.1", "0.1.00", "0.1.+1", "0.1.4294967296", "0.1.1-rc", "0.1.1+b", "0.1.0.0", "", "1.1.0"}},
		{"1.0.0-rc.1", "1.0.0-rc.1", []string{"1.0.0", "1.0.0-rc.2", "1.0.0-rc.1"}},
		{"1.0.0-rc.1", "", []string{"1.0.0"}},
	} {
		exports := map[string]api.FunctionDefinition{"memory": nil, "a:b/other@" + test.host + "#f": nil, "a:b/c@" + test.host: nil}
		for _, v := range test.guest {
			exports["a:b/c@"+v+"#f"] = nil
		}
		best, ok := bestVersion(exportedVersions(exports, "a:b/c"), test.host)
		assert.Equal(t, test.want, best, "%s: %v", test.host, test.guest)
		assert.Equal(t, test.want != "", ok, "%s: %v", test.host, test.guest)
	}
}

func TestVersionsThatAHostKnows(t *testing.T) {
	for host, want := range map[string]string{"1.2.3": "1.x", "0.2.3": "0.2.x", "0.0.3": "0.0.3", "1.0.0-rc": "1.0.0-rc"} {
		assert.Equal(t, want, versions(host))
	}
}

func TestResolve(t *testing.T) {
	contract := &Contract{Exports: []Interface{
		{Name: "", Functions: []Function{{Name: "run"}}},
		{Name: "a:b/c", Functions: []Function{{Name: "f"}, {Name: "g"}}},
		{Name: "a:b/d", Version: "0.2.0", Functions: []Function{{Name: "[method]r.f"}}},
		{Name: "a:b/e", Version: "0.2.0", Optional: true, Functions: []Function{{Name: "f"}}},
		{Name: "a:b/f", Optional: true, Functions: []Function{{Name: "f"}}},
	}, Direct: []string{"direct.f", "direct.g"}}
	exports := map[string]api.FunctionDefinition{
		"run": nil, "a:b/c#f": nil, "a:b/c#g": nil, "a:b/d@0.2.3#[method]r.f": nil, "a:b/e@0.3.0#f": nil,
		"direct.f": nil,
	}
	for trusted, direct := range map[bool]string{true: "direct.f", false: ""} {
		var names []string
		for _, f := range contract.resolve(exports, trusted).functions {
			names = append(names, f.export)
		}
		assert.Equal(t, []string{"run", "a:b/c#f", "a:b/c#g", "a:b/d@0.2.3#[method]r.f", "", "", direct, ""}, names)
	}
}
