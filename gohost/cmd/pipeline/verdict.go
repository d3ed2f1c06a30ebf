package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/inspect"
	"example.org/compute-pipeline/gohost/internal/fuel"
	"example.org/compute-pipeline/gohost/sandbox"
)

// verdict is what the Go host makes of a file.
type verdict struct {
	World    string `json:"world"` // whose contract it is judged by
	Loads    bool   `json:"loads"`
	Embedded bool   `json:"embedded,omitempty"` // it is the engine of this program
	Metered  bool   `json:"metered,omitempty"`  // it is metered already, which is a reason
	// Reasons say why the host cannot load it.
	Reasons   []string                `json:"reasons,omitempty"`
	Needed    *neededGrants           `json:"needed_grants,omitempty"`
	Grade     *claimedGrade           `json:"grade,omitempty"`     // of a file that loads, by the engine's contract
	Compiling *gohost.CompileEstimate `json:"compiling,omitempty"` // of a file that loads
	Versions  *gohost.Versions        `json:"versions,omitempty"`  // what serves, by the engine's contract
}

// neededGrants are those that its imports of WASI need.
type neededGrants struct {
	Grants  []string `json:"grants"`
	Suffice bool     `json:"suffice"` // there are no other reasons
}

// claimedGrade is the grade of answers.
type claimedGrade struct {
	Grade   grade.Grade `json:"grade,omitempty"`
	Claimed bool        `json:"claimed"`
	Problem string      `json:"problem,omitempty"` // why serve rejects the claim
}

var (
	errVerdict = errors.New("the Go host cannot load this file")
	errClaim   = errors.New("serve rejects the grade that this file claims")
)

// failure ends the program with status 1 if it is not nil. The reasons are printed already.
func (v verdict) failure() error {
	switch {
	case !v.Loads:
		return errVerdict
	case v.Grade != nil && v.Grade.Problem != "":
		return errClaim
	}
	return nil
}

// judge returns the verdict by a contract, or the engine's if that is nil, and for the grants
// of the command line.
func judge(ctx context.Context, wasm []byte, d inspect.Description, contract *sandbox.Contract, grants []gohost.Grant) verdict {
	isEngine := contract == nil
	if isEngine {
		contract = gohost.Binding().Contract
	}
	v := verdict{World: contract.World}
	if isEngine && fmt.Sprintf("%x", sha256.Sum256(wasm)) == gohost.EngineHash() {
		v.Loads, v.Embedded, v.Metered, v.Grade = true, true, true, &claimedGrade{Grade: grade.Exact}
		v.Versions = versionsOf(d)
		v.Versions.Adapted = nil // it has functions of its own for this
		return v
	}
	estimate, err := sandbox.EstimateCompile(ctx, wasm, contract, gohost.WithGrants(grants...))
	if err != nil {
		v.Reasons, v.Needed, v.Metered = reasons(err), needed(ctx, wasm, d, contract, err), isMetered(d)
		return v
	}
	v.Loads, v.Compiling = true, &estimate
	if isEngine {
		v.Grade = claimed(wasm)
		v.Versions = versionsOf(d)
	}
	return v
}

// versionsOf returns which versions of the contract's interfaces serve the calls of a module.
func versionsOf(d inspect.Description) *gohost.Versions {
	var interfaces []string
	for _, i := range d.Interfaces {
		if !i.Imported {
			interfaces = append(interfaces, i.Name+"@"+i.Version)
		}
	}
	v := gohost.VersionsOf(interfaces)
	return &v
}

func claimed(wasm []byte) *claimedGrade {
	g, is, err := grade.Claimed(wasm)
	if err != nil {
		return &claimedGrade{Claimed: true, Problem: err.Error()}
	}
	return &claimedGrade{Grade: g, Claimed: is}
}

// reasons returns a line for each reason. The file and the operation are printed elsewhere.
func reasons(err error) []string {
	if contract := (*gohost.ContractError)(nil); errors.As(err, &contract) {
		return contract.Problems
	}
	if failure := (*gohost.Error)(nil); errors.As(err, &failure) {
		return []string{failure.Err.Error()}
	}
	return []string{err.Error()}
}

// needed returns which grants cover the imports of a file that the host cannot load as it is,
// or nil if there are none.
func needed(ctx context.Context, wasm []byte, d inspect.Description, contract *sandbox.Contract, err error) *neededGrants {
	var functions []sandbox.ImportedFunction
	for _, part := range append(d.Modules, d) {
		for _, i := range part.Imports {
			// Within a component, what is no interface is another module's of it.
			if sandbox.IsGrantable(i.Module) && (d.Kind == inspect.CoreModule || strings.Contains(i.Module, ":")) {
				functions = append(functions, sandbox.ImportedFunction{Module: i.Module, Name: i.Name})
			}
		}
	}
	texts, ok := sandbox.GrantsFor(functions)
	if !ok {
		return nil
	}
	var grants []gohost.Grant
	for _, text := range texts {
		grant, err := gohost.ParseGrant(strings.ReplaceAll(text, sandbox.AnyDirectory, ".")) // nothing runs
		if err != nil {
			return nil
		}
		grants = append(grants, grant)
	}
	granted := sandbox.Check(ctx, wasm, contract, gohost.WithGrants(grants...))
	if granted != nil && len(reasons(granted)) >= len(reasons(err)) {
		return nil
	}
	return &neededGrants{Grants: texts, Suffice: granted == nil}
}

// isMetered reports whether a module asks the host for fuel.
func isMetered(d inspect.Description) bool {
	return slices.ContainsFunc(d.Imports, func(i inspect.Extern) bool { return i.Module == fuel.Module })
}

// write prints the verdict about a file.
func (v verdict) write(w io.Writer, d inspect.Description) {
	if v.Embedded {
		fmt.Fprint(w, `
contract: OK, this is the engine that this program has embedded (pipeline run, and the plugin "engine" of serve)
  it is metered already, so it is no plugin: the host meters plugins itself
grade of answers: exact
`)
		writeVersions(w, v.Versions)
		return
	}
	if v.Loads && v.Grade == nil {
		fmt.Fprintf(w, "\ncontract: OK, a Go host of %s can load it\n", v.World)
	} else if v.Loads {
		fmt.Fprintln(w, "\ncontract: OK, the Go host can load it (pipeline run --module)")
		v.Grade.write(w)
		writeVersions(w, v.Versions)
	}
	if v.Loads {
		writeCompiling(w, d, *v.Compiling)
		return
	}
	fmt.Fprintln(w, "\ncontract: not met, the Go host cannot load it")
	for _, reason := range v.Reasons {
		fmt.Fprintf(w, "  %s\n", reason)
	}
	if v.Needed != nil {
		flag := "--grant " + strings.Join(v.Needed.Grants, ",")
		if v.Needed.Suffice {
			fmt.Fprintf(w, "\nwith %s the Go host can load it\n", flag)
		} else {
			fmt.Fprintf(w, "\nits imports of WASI need %s; the rest of the reasons remains\n", flag)
		}
	}
	if v.Metered {
		fmt.Fprint(w, "\nit is metered already, and the host meters modules itself: give it the module before metering\n")
	}
}

// writeVersions says what serves the calls of the library, and what is adapted or missing.
func writeVersions(w io.Writer, v *gohost.Versions) {
	sums := v.Sums
	if sums == "" {
		sums = "nothing"
	}
	fmt.Fprintf(w, "versions: calls are served by org:analytics/metrics@%s, and states by %s\n", v.Metrics, sums)
	for _, text := range v.Adapted {
		fmt.Fprintf(w, "  adapted: %s\n", text)
	}
	for _, text := range v.Missing {
		fmt.Fprintf(w, "  missing: %s\n", text)
	}
}

// writeCompiling says what is compiled and what that takes.
func writeCompiling(w io.Writer, d inspect.Description, e gohost.CompileEstimate) {
	if d.Kind == inspect.Component {
		merged := ""
		if !slices.ContainsFunc(d.Modules, func(m inspect.Description) bool { return m.Size == e.CoreSize }) {
			merged = fmt.Sprintf(", merged from %d", len(d.Modules))
		}
		fmt.Fprintf(w, "core module: %s%s\n", size(e.CoreSize), merged)
	}
	fmt.Fprintf(w, "compiling: estimated at %v\n", e)
}

// write says which grade a module claims, and what serve makes of it.
func (g claimedGrade) write(w io.Writer) {
	switch {
	case g.Problem != "":
		fmt.Fprintf(w, "grade of answers: invalid, serve rejects it\n  %v\n", g.Problem)
	case !g.Claimed:
		fmt.Fprintf(w, "grade of answers: %s, since it claims none; serve accepts that unless --require-grade is exact\n", g.Grade)
	case g.Grade == grade.Stable:
		fmt.Fprintf(w, "grade of answers: %s, as it claims; serve accepts that unless --require-grade is exact, and tests it\n", g.Grade)
	default:
		fmt.Fprintf(w, "grade of answers: %s, as it claims; serve accepts that, and tests it\n", g.Grade)
	}
}
