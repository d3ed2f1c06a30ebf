package gohost_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// FuzzLoad gives Load any bytes and calls what it took: every error has a class
// that a module can bring about, and nothing panics, hangs or is left running.
func FuzzLoad(f *testing.F) {
	for _, dir := range []string{"testdata", "../tests/hostile/call", "../tests/hostile/load"} {
		files, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
		require.NoError(f, err)
		require.NotEmpty(f, files)
		for i, name := range files {
			wasm, err := os.ReadFile(name)
			require.NoError(f, err)
			f.Add(wasm, i%2 == 0)
		}
	}
	// The prepare module is compiled before, since one input has ten seconds.
	require.Error(f, gohost.Check(ctx, nil))
	f.Fuzz(func(t *testing.T, wasm []byte, interpreter bool) {
		opts := []gohost.Option{
			gohost.WithMaxInstances(1), gohost.WithMemoryLimit(2),
			gohost.WithFuel(2_000_000), gohost.WithCallTimeout(100 * time.Millisecond),
		}
		if interpreter {
			opts = append(opts, gohost.WithInterpreter())
		}
		checked := gohost.Check(ctx, wasm)
		requireClass(t, checked)
		eng, err := gohost.Load(ctx, wasm, opts...)
		requireClass(t, err)
		if err != nil {
			require.Nil(t, eng)
			return
		}
		require.NoError(t, checked, "what Check refuses, Load does")
		for range 2 { // the second time on a fresh instance, where the first failed
			_, err = eng.ComputeAggregate(ctx, values(1, 2, 3))
			requireClass(t, err)
			_, err = eng.ValidateStream(ctx, []byte(`[{"timestamp":1,"value":2}]`))
			requireClass(t, err)
			_, err = eng.ProcessBatch(ctx, make([]byte, 32))
			requireClass(t, err)
			_, err = eng.ValidateChecksum(ctx, []byte("data"), 1)
			requireClass(t, err)
			if eng.HasSummary() {
				_, err = eng.Fold(ctx, []byte("state"), values(1))
				requireClass(t, err)
				_, err = eng.Merge(ctx, []byte("a"), []byte("b"))
				requireClass(t, err)
				_, err = eng.Finish(ctx, []byte("state"))
				requireClass(t, err)
			}
		}
		s := eng.Stats()
		require.Equal(t, s.InstancesStarted-s.InstancesDiscarded, uint64(s.Instances))
		deadline, cancel := context.WithTimeout(ctx, time.Minute)
		defer cancel()
		require.NoError(t, eng.Close(deadline))
		require.Zero(t, eng.Stats().Instances)
	})
}

// requireClass checks that an error is one that a module can bring about.
func requireClass(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, class := range []error{gohost.ErrContract, gohost.ErrABI, gohost.ErrTrap, gohost.ErrLimit} {
		if errors.Is(err, class) {
			return
		}
	}
	var answer *gohost.GuestError
	require.ErrorAs(t, err, &answer, "an error without a class")
}
