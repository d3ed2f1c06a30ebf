package tests

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
)

// run is one runtime's answers to all cases.
type run struct {
	name    string
	version string
	results map[string]result
	// legal are cases where another answer is right on this runtime.
	legal map[string]difference
	// failed are cases with a wrong answer, and what is wrong.
	failed map[string]string
}

// difference is another answer that is right on one runtime, and why.
type difference struct {
	Case   string
	Reason string
	Want   want
}

// TestConformance runs every vector on every runtime. Each answer must have
// the bits that the vectors expect, and the bits of every other runtime; the
// states of the same points must be the same bytes. The report is
// dist/conformance.md.
func TestConformance(t *testing.T) {
	v, err := readVectors(vectorsDir)
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(v.Cases), 400)

	runs := runEverywhere(t, v)
	for _, r := range runs {
		judge(v, r)
		judgeGroups(v, r)
	}
	judgeAgainst(v, runs)
	require.NoError(t, writeReport("../dist/conformance.md", v, runs))
	for _, r := range runs {
		for _, id := range firstFew(sortedKeys(r.failed)) {
			t.Errorf("%s: %s: %s", r.name, id, r.failed[id])
		}
		assert.Zero(t, len(r.failed), "%s: cases that failed", r.name)
	}
}

// runEverywhere starts all runtimes at the same time. One that cannot be
// started fails the test.
func runEverywhere(t *testing.T, v *vectors.File) []*run {
	wazeroVersion, err := goModVersion("github.com/tetratelabs/wazero")
	require.NoError(t, err)
	differences, err := readDifferences()
	require.NoError(t, err)
	core, err := os.ReadFile(corePath)
	require.NoError(t, err)
	refused := refusedLengths(v)
	runs := []*run{
		{name: "Go library, compiler", version: "wazero " + wazeroVersion, legal: refused},
		{name: "Go library, interpreter", version: "wazero " + wazeroVersion, legal: refused},
		{name: "generated bindings, compiler", version: "wazero " + wazeroVersion},
		{name: "generated bindings, interpreter", version: "wazero " + wazeroVersion},
		{name: "core module, compiler", version: "wazero " + wazeroVersion},
		{name: "core module, interpreter", version: "wazero " + wazeroVersion},
		{name: "Wasmtime"},
		{name: "Node", legal: differences},
	}
	expanded := filepath.Join(t.TempDir(), "vectors.json")
	require.NoError(t, expand(v, expanded))
	start := []func(ctx context.Context, r *run) error{
		func(ctx context.Context, r *run) error { return r.library(ctx, v) },
		func(ctx context.Context, r *run) error { return r.library(ctx, v, gohost.WithInterpreter()) },
		func(ctx context.Context, r *run) error { return r.bound(ctx, v, core) },
		func(ctx context.Context, r *run) error { return r.bound(ctx, v, core, gohost.WithInterpreter()) },
		func(ctx context.Context, r *run) error {
			return r.core(ctx, v, wazero.NewRuntimeConfigCompiler(), core)
		},
		func(ctx context.Context, r *run) error {
			return r.core(ctx, v, wazero.NewRuntimeConfigInterpreter(), core)
		},
		func(ctx context.Context, r *run) (err error) {
			r.version, r.results, err = runProcess(wasmtimeCommand(ctx, componentPath, expanded))
			return err
		},
		func(ctx context.Context, r *run) (err error) {
			r.version, r.results, err = runProcess(nodeCommand(ctx, componentPath, expanded))
			return err
		},
	}
	errs := make([]error, len(runs))
	var all sync.WaitGroup
	for i := range runs {
		all.Go(func() {
			began := time.Now()
			errs[i] = start[i](t.Context(), runs[i])
			t.Logf("%s: %.1f s", runs[i].name, time.Since(began).Seconds())
		})
	}
	all.Wait()
	for i, err := range errs {
		require.NoError(t, err, runs[i].name)
	}
	return runs
}

// refusedLengths are the cases that trap in the guest, and that the Go library
// does not call it for.
func refusedLengths(v *vectors.File) map[string]difference {
	refused := make(map[string]difference)
	for _, c := range v.Cases {
		if isOf(c, "process-batch") && c.Want().Kind == vectors.Traps {
			refused[c.ID] = difference{
				Case:   c.ID,
				Reason: "the Go library refuses a length that is not a multiple of 16 before the call (ErrInvalidInput); the trap itself is seen in the runs of the bare core module",
				Want:   want{Refused: true},
			}
		}
	}
	return refused
}

func (r *run) library(ctx context.Context, v *vectors.File, opts ...gohost.Option) error {
	eng, err := gohost.New(ctx, append(opts, gohost.WithMaxInstances(1))...)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, v, eng); err != nil {
		return err
	}
	return eng.Close(ctx)
}

func (r *run) bound(ctx context.Context, v *vectors.File, wasm []byte, opts ...gohost.Option) error {
	g, err := newBoundGuest(ctx, wasm, opts...)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, v, g); err != nil {
		return err
	}
	return g.engine.Close(ctx)
}

func (r *run) core(ctx context.Context, v *vectors.File, config wazero.RuntimeConfig, wasm []byte) error {
	g, err := newCoreGuest(ctx, config, wasm)
	if err != nil {
		return err
	}
	if r.results, err = runOnGuest(ctx, v, g); err != nil {
		return err
	}
	return g.close(ctx)
}

// judge compares a run with what the vectors expect.
func judge(v *vectors.File, r *run) {
	r.failed = make(map[string]string)
	known := make(map[string]bool)
	for _, c := range v.Cases {
		known[c.ID] = true
		got, ok := r.results[c.ID]
		if !ok {
			r.failed[c.ID] = "no answer"
			continue
		}
		wrong := compare(want{Want: c.Want()}, got)
		if legal, ok := r.legal[c.ID]; ok {
			if wrong == "" {
				wrong = "named as a legal difference, but does not differ"
			} else {
				wrong = compare(legal.Want, got)
			}
		}
		if wrong != "" {
			r.failed[c.ID] = wrong
		}
	}
	for id := range r.results {
		if !known[id] {
			r.failed[id] = "an answer to no case"
		}
	}
}

// judgeGroups demands the same states in the last step of all cases of a group.
func judgeGroups(v *vectors.File, r *run) {
	first := make(map[string]*vectors.Case)
	for _, c := range v.Cases {
		if c.Group == "" {
			continue
		}
		if first[c.Group] == nil {
			first[c.Group] = c
			continue
		}
		model := r.results[first[c.Group].ID].Given
		if model == nil || !reflect.DeepEqual(model, r.results[c.ID].Given) {
			r.fail(c.ID, "the state does not have the bytes of "+first[c.Group].ID)
		}
	}
}

// judgeAgainst compares the runs in which a case has passed so far: where the
// vectors leave something open (a state's bytes, a message), all must return the same.
func judgeAgainst(v *vectors.File, runs []*run) {
	for _, c := range v.Cases {
		var model *run
		for _, r := range runs {
			_, isLegal := r.legal[c.ID]
			_, isFailed := r.failed[c.ID]
			if isLegal || isFailed {
				continue
			}
			if model == nil {
				model = r
				continue
			}
			if a, b := model.results[c.ID], r.results[c.ID]; !same(a, b) {
				r.fail(c.ID, fmt.Sprintf("not the answer of %s: got %s, given %s; want %s, given %s", model.name,
					b, vectors.Text(b.Given), a, vectors.Text(a.Given)))
			}
		}
	}
}

// fail keeps the first thing that is wrong with a case.
func (r *run) fail(id, what string) {
	if _, ok := r.failed[id]; !ok {
		r.failed[id] = what
	}
}

func firstFew(ids []string) []string { return ids[:min(len(ids), 10)] }

// readDifferences reads the cases in which Node may differ.
func readDifferences() (map[string]difference, error) {
	var file struct {
		About       string
		Differences []struct {
			Case, Reason string
			Want         vectors.Want
		}
	}
	if err := readJSON("node/differences.json", &file); err != nil {
		return nil, err
	}
	differences := make(map[string]difference)
	for _, d := range file.Differences {
		if d.Case == "" || d.Reason == "" {
			return nil, fmt.Errorf("node/differences.json: a difference without case or reason: %+v", d)
		}
		differences[d.Case] = difference{Case: d.Case, Reason: d.Reason, Want: want{Want: d.Want}}
	}
	return differences, nil
}
