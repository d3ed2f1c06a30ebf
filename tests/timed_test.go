package tests

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// until waits for something that another process does.
func until(t *testing.T, done func() bool) {
	t.Helper()
	for !done() {
		require.NoError(t, t.Context().Err())
		time.Sleep(5 * time.Millisecond)
	}
}

// hasEnded reports whether a process has ended. One whose parent has ended stays as a zombie if
// nobody asks for it.
func hasEnded(process int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	return errors.Is(err, fs.ErrNotExist) || bytes.Contains(stat, []byte(") Z "))
}

// A run of `make test` that is stopped ends all that it has started, and shows what was said
// until then: make, its lanes, and what these run.
func TestStoppedLanesEnd(t *testing.T) {
	script, err := os.ReadFile("../scripts/timed.sh")
	require.NoError(t, err)
	for signal, status := range map[syscall.Signal]int{syscall.SIGHUP: 129, syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		t.Run(signal.String(), func(t *testing.T) {
			dir := t.TempDir()
			in := func(name string) string { return filepath.Join(dir, name) }
			require.NoError(t, os.Mkdir(in("scripts"), 0o700))
			require.NoError(t, os.WriteFile(in("scripts/timed.sh"), script, 0o700))
			require.NoError(t, os.WriteFile(in("Makefile"), []byte(
				"done:\n\t@echo said by done\n"+
					"first second:\n\t@echo said by $@; echo $$$$ >$@.begun; mv $@.begun $@.pid; exec sleep 100000\n"), 0o600))
			output, err := os.Create(in("output"))
			require.NoError(t, err)
			defer output.Close()
			run := exec.CommandContext(t.Context(), "env", "--default-signal=HUP,INT,TERM", in("scripts/timed.sh"), "first / done second")
			run.Env = append(os.Environ(), "TMPDIR="+dir, "MAKEFLAGS=")
			run.Stdout, run.Stderr = output, output
			require.NoError(t, run.Start())

			var processes []int
			for _, target := range []string{"first", "second"} {
				var text []byte
				until(t, func() bool { text, err = os.ReadFile(in(target + ".pid")); return err == nil })
				process, err := strconv.Atoi(strings.TrimSpace(string(text)))
				require.NoError(t, err)
				processes = append(processes, process)
				t.Cleanup(func() { _ = syscall.Kill(process, syscall.SIGKILL) })
			}
			require.NoError(t, run.Process.Signal(signal))
			var exit *exec.ExitError
			require.ErrorAs(t, run.Wait(), &exit)
			text, err := os.ReadFile(in("output"))
			require.NoError(t, err)
			out := string(text)
			assert.Equal(t, status, exit.ExitCode(), out)
			for _, process := range processes {
				until(t, func() bool { return hasEnded(process) })
			}
			for _, said := range []string{"said by first", "---- done, made beside others:\nsaid by done\n---- end of done", "---- second, made beside others:\nsaid by second"} {
				assert.Equal(t, 1, strings.Count(out, said), "%q in\n%s", said, out)
			}
			left, err := filepath.Glob(in("tmp.*"))
			require.NoError(t, err)
			assert.Empty(t, left)
		})
	}
}
