package compiler

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/compiler/compilertest"
)

// started starts a compiler that waits for its module.
func started(t *testing.T, job task) (cmd *exec.Cmd, in io.WriteCloser) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = []string{variable + "=" + job.String()}
	cmd.Dir = t.TempDir()
	cmd.SysProcAttr = attributes()
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, greeting+" true\n", line)
	return cmd, in
}

func TestTheKernelLimitsTheProcess(t *testing.T) {
	compilertest.NeedProcesses(t)
	open, err := os.CreateTemp(t.TempDir(), "")
	require.NoError(t, err)
	defer open.Close()
	job := task{size: 1000, memory: 77 << 20, cpu: 33 * time.Second}
	cmd, in := started(t, job)
	proc := fmt.Sprintf("/proc/%d/", cmd.Process.Pid)
	limits := read(t, proc+"limits")
	for name, value := range map[string]uint64{"Max data size": job.memory + untouched, "Max cpu time": 33, "Max core file size": 0} {
		assert.Regexp(t, fmt.Sprintf(`(?m)^%s +%d +%[2]d `, name, value), limits)
	}
	assert.Equal(t, "1000\n", read(t, proc+"oom_score_adj"))
	threads, err := filepath.Glob(proc + "task/*/stat")
	require.NoError(t, err)
	require.NotEmpty(t, threads)
	for _, thread := range threads {
		_, fields, _ := strings.Cut(read(t, thread), ") ")
		assert.Equal(t, strconv.Itoa(niceness), strings.Fields(fields)[16])
	}
	own, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", open.Fd()))
	require.NoError(t, err)
	files, err := os.ReadDir(proc + "fd")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 3)
	for _, f := range files {
		target, err := os.Readlink(proc + "fd/" + f.Name())
		require.NoError(t, err)
		assert.NotEqual(t, own, target, "a file of the host")
	}
	require.NoError(t, in.Close())
	require.Equal(t, statusTask, exitStatus(t, cmd), "the module has not arrived")
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}

func exitStatus(t *testing.T, cmd *exec.Cmd) int {
	t.Helper()
	var exit *exec.ExitError
	require.True(t, errors.As(cmd.Wait(), &exit))
	return exit.ExitCode()
}

func TestProcessorTimeOfTheProcessIsBounded(t *testing.T) {
	compilertest.NeedProcesses(t)
	limits := generous
	limits.CPU = time.Second
	_, err := Run(t.Context(), t.TempDir(), bomb(1_000_000), limits)
	require.ErrorIs(t, err, ErrCPU)
	require.ErrorContains(t, err, "it has used 1s")
}

// A host that ends takes its compilers along: one that compiles notices by the
// end of its standard input, and the kernel kills any.
func TestNoProcessIsLeftWithoutItsHost(t *testing.T) {
	compilertest.NeedProcesses(t)
	wasm := bomb(1_000_000)
	cmd, in := started(t, task{size: len(wasm), memory: 8 << 30, cpu: time.Hour})
	_, err := in.Write(wasm)
	require.NoError(t, err)
	require.NoError(t, in.Close())
	require.Equal(t, statusAlone, exitStatus(t, cmd))

	dir := t.TempDir()
	// It writes nothing, so that no broken pipe ends it either.
	script(t, dir, strings.ReplaceAll(hangs, says, ""))
	host := exec.CommandContext(t.Context(), os.Args[0])
	host.Env = []string{asHost + "=" + dir}
	require.NoError(t, host.Start())
	appears(t, filepath.Join(dir, "pid"))
	require.NoError(t, host.Process.Kill())
	require.Error(t, host.Wait())
	gone(t, filepath.Join(dir, "pid"))
}
