//go:build unix

package compiler

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// script writes a program that is started in the place of this one.
func script(t *testing.T, dir, text string) string {
	t.Helper()
	path := filepath.Join(dir, "program")
	require.NoError(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text+"\n"), 0o700))
	return path
}

// says is a script's line that has a compiler's greeting.
const says = "echo '" + greeting + " true'\n"

func TestOtherProgramsAndOtherEnds(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"says something else": {"echo hello", errNoCompiler.Error()},
		"says far too much":   {"yes | head -c 1000000 | tr -d '\\n'", errNoCompiler.Error()},
		"says half a line":    {"printf hello", errNoCompiler.Error()},
		"says nothing":        {"exit 0", errEnded.Error()},
		"says why":            {"echo no room >&2; exit 3", "exit status 3: no room"},
		"is killed":           {says + "kill -9 $$", "signal: killed: by the kernel"},
		"is killed at once":   {"kill -9 $$", "signal: killed: by the kernel"},
		"crashes":             {says + "cat >/dev/null & echo 'fatal error: odd' >&2; exit 2", "exit status 2: fatal error: odd"},
		"does not understand": {says + "echo 'the task makes no sense' >&2; exit 13", "exit status 13: the task makes no sense"},
		"is not a program":    {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			program := script(t, dir, c.text)
			if c.text == "" {
				require.NoError(t, os.Chmod(program, 0o600))
				c.want = "start " + program + ": "
			}
			_, err := run(t.Context(), program, dir, bomb(100), generous)
			require.ErrorContains(t, err, c.want)
			for _, class := range []error{ErrMemory, ErrTime, ErrCPU, ErrModule, ErrDirectory} {
				assert.NotErrorIs(t, err, class)
			}
		})
	}
	_, err := run(t.Context(), "/no/such/program", t.TempDir(), nil, generous)
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestEndsThatAreTheModulesFault(t *testing.T) {
	for text, class := range map[string]error{
		"echo 'panic: index out of range' >&2; exit 2":                    ErrModule,
		"echo 'fatal error: runtime: out of memory' >&2; exit 2":          ErrMemory,
		"echo 'fatal error: runtime: cannot allocate memory' >&2; exit 2": ErrMemory,
		"exit 11": ErrMemory,
		"exit 12": ErrDirectory,
	} {
		dir := t.TempDir()
		_, err := run(t.Context(), script(t, dir, says+"cat >/dev/null &\n"+text), dir, bomb(100), generous)
		require.ErrorIs(t, err, class, text)
	}
}

func TestWhatTheProcessSaysIsCut(t *testing.T) {
	dir := t.TempDir()
	_, err := run(t.Context(), script(t, dir, says+"yes é | tr -d '\\n' | head -c 1000001 >&2; exit 10"), dir, nil, generous)
	require.ErrorIs(t, err, ErrModule)
	require.Less(t, len(err.Error()), maxText+100)
	require.Contains(t, err.Error(), "é ... (cut)")
}

// gone waits for the process, whose number is in a file, to be no more. It must
// not be waited for by anybody either.
func gone(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	for syscall.Kill(pid, 0) == nil {
		time.Sleep(time.Millisecond) // without an end: the test's own timeout is one
	}
}

// appears waits for a file that is whole when it appears.
func appears(t *testing.T, file string) {
	for ; t.Context().Err() == nil; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(file); err == nil {
			return
		}
	}
}

// hangs is a script that says who it is and then waits for ever.
const hangs = "echo $$ >p && mv p pid\n" + says + "exec sleep 100000"

func TestTheContextKillsTheProcess(t *testing.T) {
	for name, text := range map[string]string{
		"before it is ready": strings.ReplaceAll(hangs, says, ""), "after it is ready": hangs,
	} {
		dir := t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			appears(t, filepath.Join(dir, "pid"))
			cancel()
		}()
		// More than fits into a pipe: it is written when the process is killed.
		_, err := run(ctx, script(t, dir, text), dir, make([]byte, 1<<20), generous)
		require.ErrorIs(t, err, context.Canceled, name)
		gone(t, filepath.Join(dir, "pid"))
	}
}

func TestTheTimeoutKillsTheProcess(t *testing.T) {
	dir := t.TempDir()
	limits := generous
	limits.Timeout = 50 * time.Millisecond
	_, err := run(t.Context(), script(t, dir, "exec sleep 100000"), dir, nil, limits)
	require.ErrorIs(t, err, ErrTime)
	require.ErrorContains(t, err, "50ms have passed")
}

func TestWhatEndsBeforeTheStart(t *testing.T) {
	program := script(t, t.TempDir(), "exit 0")
	_, err := run(t.Context(), program, t.TempDir(), nil, Limits{Timeout: 1})
	require.ErrorIs(t, err, ErrTime)
	require.NotErrorIs(t, err, context.DeadlineExceeded)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = run(ended, program, t.TempDir(), nil, generous)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, ErrTime)
}

func TestACompilerStartsNoCompiler(t *testing.T) {
	t.Setenv(variable, "1")
	_, err := Run(t.Context(), t.TempDir(), nil, generous)
	require.ErrorContains(t, err, "has not called the compiler first")
}

func TestADirectoryThatCannotBeWrittenTo(t *testing.T) {
	compilertest.NeedProcesses(t)
	// The name of wazero's own directory in it.
	model := t.TempDir()
	_, err := wazero.NewCompilationCacheWithDir(model)
	require.NoError(t, err)
	entries, err := os.ReadDir(model)
	require.NoError(t, err)
	require.Len(t, entries, 1)
	for _, instead := range []string{"/dev/null", "/proc/self"} {
		dir := t.TempDir()
		require.NoError(t, os.Symlink(instead, filepath.Join(dir, entries[0].Name())))
		_, err = Run(t.Context(), dir, bomb(10), generous)
		require.ErrorIs(t, err, ErrDirectory, instead)
	}
}
