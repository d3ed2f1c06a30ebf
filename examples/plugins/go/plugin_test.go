package main_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/kit"
)

// dir holds the plugin and its compiled code.
var dir string

func TestMain(m *testing.M) {
	var err error
	if dir, err = os.MkdirTemp("", "plugin-go-"); err != nil {
		panic(err)
	}
	status := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		panic(err)
	}
	os.Exit(status)
}

// build builds the plugin once.
var build = sync.OnceValues(func() ([]byte, error) {
	path := filepath.Join(dir, "plugin.wasm")
	command := exec.Command("bash", "build.sh", path)
	command.Env = append(os.Environ(), "GOFLAGS=") // whatever the test was built with
	if out, err := command.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return os.ReadFile(path)
})

// grants are what Go's runtime needs.
func grants() []gohost.Grant {
	return []gohost.Grant{gohost.GrantClock(), gohost.GrantSeededRandom(7), gohost.GrantOutput(gohost.OutputLimits{})}
}

func load(t *testing.T, opts ...gohost.Option) *gohost.Engine {
	t.Helper()
	wasm, err := build()
	require.NoError(t, err)
	opts = append(opts, gohost.WithMaxInstances(1), gohost.WithCacheDir(filepath.Join(dir, "cache")),
		gohost.WithGrants(grants()...))
	eng, err := gohost.Load(t.Context(), wasm, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, eng.Close(context.Background())) })
	return eng
}

func TestThePluginIsStable(t *testing.T) {
	wasm, err := build()
	require.NoError(t, err)
	kit.Run(t, wasm, kit.WithGrade(grade.Stable), kit.WithGrants(grants()...))
}

// The garbage collector of the guest does not see the host's pointers.
func TestMemoryOfTheHostStaysAlive(t *testing.T) {
	eng := load(t)
	var text bytes.Buffer
	text.WriteByte('[')
	const n = 20_000
	for i := range n {
		if i > 0 {
			text.WriteByte(',')
		}
		fmt.Fprintf(&text, `{"timestamp": %d, "value": %d.5}`, i, i)
	}
	text.WriteByte(']')
	var most int64
	for round := range 12 {
		points, err := eng.ValidateStream(t.Context(), text.Bytes())
		require.NoError(t, err)
		require.Len(t, points, n)
		for i, p := range points {
			require.Equal(t, gohost.Datapoint{Timestamp: uint64(i), Value: float64(i) + 0.5}, p)
		}
		if round == 3 {
			most = eng.Stats().MemoryBytes
		}
	}
	assert.Equal(t, most, eng.Stats().MemoryBytes, "what calls leave behind is collected")
}

func TestAFatalErrorIsInTheErrorAndTheLog(t *testing.T) {
	var log bytes.Buffer
	eng := load(t, gohost.WithMemoryLimit(8), gohost.WithLogger(slog.New(slog.NewTextHandler(&log, nil))))
	_, err := eng.ComputeAggregate(t.Context(), make([]gohost.Datapoint, 1<<20))
	require.ErrorIs(t, err, gohost.ErrLimit)
	assert.ErrorContains(t, err, `on standard error it wrote "fatal error: out of memory"`)
	assert.Contains(t, log.String(), "out of memory")
	_, err = eng.ComputeAggregate(t.Context(), make([]gohost.Datapoint, 1))
	require.NoError(t, err, "another instance serves")
}
