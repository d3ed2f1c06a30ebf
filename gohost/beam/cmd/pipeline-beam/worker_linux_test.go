package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// boot is what a runner starts a worker with: it says which process that is.
const boot = `#!/bin/sh
for argument in "$@"; do
  case $argument in
    --id=*) id=$(echo "${argument#--id=}" | tr -d "'") ;;
    --provision_endpoint=*) endpoint=${argument#*=} ;;
  esac
done
echo $$ > %[1]s.partial
mv %[1]s.partial %[1]s
exec %[2]s --worker --id="$id" --logging_endpoint="$endpoint" --control_endpoint="$endpoint"
`

// onWorker returns a command that runs pipeline-beam with a worker in a process of its own, which
// is named in the file pid.
func onWorker(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, pid string) {
	t.Helper()
	program, err := os.Executable()
	require.NoError(t, err)
	pid = filepath.Join(dir, "pid")
	script := filepath.Join(dir, "boot.sh")
	require.NoError(t, os.WriteFile(script, fmt.Appendf(nil, boot, pid, program), 0o700))
	cmd = exec.CommandContext(t.Context(), program, append(args,
		"--environment_type=PROCESS", "--worker_binary="+script,
		fmt.Sprintf(`--environment_config={"command": %q}`, script))...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	return cmd, pid
}

// A worker that is killed in the middle of a bundle leaves nothing that looks like a result.
// Prism runs no bundle again, so the job fails, or waits for the worker for good if Prism did
// not see it go: then the job is killed too. The next run has all results.
func TestAWorkerIsKilled(t *testing.T) {
	dir := t.TempDir()
	list := randomLines(rand.New(rand.NewPCG(13, 14)), 3000)
	want, _ := pipelineRun(t, texts(list), "1d")
	write(t, filepath.Join(dir, "part-1.ndjson"), texts(list[:1000]))
	write(t, filepath.Join(dir, "whole.gz"), texts(list[1000:]))
	compressed, err := os.ReadFile(filepath.Join(dir, "whole.gz"))
	require.NoError(t, err)
	// The other file is a pipe, of which the worker gets one half, and waits for the rest.
	pipe := filepath.Join(dir, "part-2.ndjson.gz")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	writer, err := os.OpenFile(pipe, os.O_RDWR, 0)
	require.NoError(t, err)
	defer writer.Close()
	half := compressed[:min(len(compressed)/2, 16<<10)]
	_, err = writer.Write(half)
	require.NoError(t, err)
	output := filepath.Join(dir, "out.csv")
	args := []string{"--input", filepath.Join(dir, "part-*"), "--window", "1d", "--output", output}

	cmd, pid := onWorker(t, dir, args...)
	require.NoError(t, cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		left, err := unix.IoctlGetInt(int(writer.Fd()), unix.TIOCINQ)
		require.NoError(t, err)
		if left == 0 {
			break
		}
		select {
		case err := <-ended:
			t.Fatalf("the job ended before its worker was killed: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	require.NoError(t, kill(pid))
	select {
	case err := <-ended:
		require.Error(t, err, "the job fails")
	case <-time.After(10 * time.Second):
		require.NoError(t, cmd.Process.Kill())
		<-ended
	}
	require.NoFileExists(t, output)

	require.NoError(t, os.Remove(pipe))
	write(t, pipe, texts(list[1000:]))
	cmd, _ = onWorker(t, dir, args...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	got, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Equal(t, want, string(got))
}

// kill kills the process that a file names.
func kill(pid string) error {
	text, err := os.ReadFile(pid)
	if err != nil {
		return err
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return err
	}
	return syscall.Kill(id, syscall.SIGKILL)
}
