package plugin_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
	"example.org/compute-pipeline/gohost/plugin"
)

// Code is compiled in a process once: what is kept or cached is not compiled
// again, and the two versions differ in a custom section only.
func TestPluginsAreCompiledInProcesses(t *testing.T) {
	compilertest.NeedProcesses(t)
	var log bytes.Buffer
	options := []plugin.Option{
		plugin.WithCacheDir(t.TempDir()),
		plugin.WithLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))),
		plugin.WithCompileProcess(gohost.CompileProcess{MemoryMiB: 4096, CPUTime: time.Hour, Timeout: time.Hour}),
	}
	reg := newRegistry(t, options...)
	first, second := engine(t), edition(engine(t), "second")
	for _, wasm := range [][]byte{first, second, first} {
		load(t, reg, "a", wasm)
		serves(t, reg, "a", wasm)
	}
	compiled := func() int { return strings.Count(log.String(), "compiled in a process") }
	require.Equal(t, 1, compiled())
	again := newRegistry(t, options...)
	load(t, again, "a", second)
	serves(t, again, "a", second)
	require.Equal(t, 1, compiled())
	_, err := again.Load(ctx, "engine", plugin.Embedded())
	require.NoError(t, err)
	require.Equal(t, 1, compiled(), "the embedded engine is trusted")
}
