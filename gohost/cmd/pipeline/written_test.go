package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
)

// An output that would replace an input or another output is an error, before anything is read.
func TestAnOutputDoesNotReplaceWhatIsRead(t *testing.T) {
	const rows = "time,value\n1,2\n3,x\n"
	t.Chdir(t.TempDir())
	require.NoError(t, os.Mkdir("dir", 0o700))
	require.NoError(t, os.Symlink("dir", "linked"))
	for _, name := range []string{"in.csv", "dir/in.csv", "in.svg"} {
		require.NoError(t, os.WriteFile(name, []byte(rows), 0o600))
	}
	require.NoError(t, os.Symlink("in.csv", "link.csv"))
	changed := "is an input, which it would change"
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"run", "in.csv", "--output-file", "in.csv"}, "--output-file: in.csv " + changed},
		{[]string{"run", "in.csv", "--output-file", "./link.csv"}, "--output-file: ./link.csv " + changed},
		{[]string{"run", "link.csv", "--output-file", "in.csv"}, changed},
		{[]string{"run", "dir", "--output-file", "linked/in.csv"}, changed},
		{[]string{"run", "d*/*.csv", "in.csv", "--bad", "quarantine:dir/in.csv"}, "--bad quarantine: dir/in.csv " + changed},
		{[]string{"run", "in.svg", "--plot", "in.svg"}, "--plot: in.svg " + changed},
		{[]string{"detect", "in.svg", "--plot", "in.svg"}, "--plot: in.svg " + changed},
		{[]string{"detect", "in.csv", "--bad", "quarantine:in.csv"}, changed},
		{[]string{"run", "--from", "sqlite:in.csv", "--query", "SELECT 1", "--output-file", "in.csv"}, changed},
		{[]string{"run", "in.csv", "--bad", "quarantine:new", "--output-file", "dir/../new"}, "--output-file and --bad quarantine name one file, new"},
		{[]string{"run", "in.csv", "--plot", "dir/p.svg", "--output-file", "linked/p.svg"}, "--output-file and --plot name one file"},
	} {
		res := pipeline(t, "", c.args...)
		require.Equal(t, 2, res.status, "%q: %s", c.args, res.err)
		require.Contains(t, res.err, c.want, c.args)
	}
	for _, name := range []string{"in.csv", "dir/in.csv", "in.svg"} {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, rows, string(text))
	}
	all, err := filepath.Glob("*/*")
	require.NoError(t, err)
	require.Equal(t, []string{"dir/in.csv", "linked/in.csv"}, all)

	cmd := program(t, "run", "-", "--output-file", "in.csv")
	in, err := os.Open("in.csv")
	require.NoError(t, err)
	cmd.Stdin = in
	require.Error(t, cmd.Run())
	require.NoError(t, in.Close())
	text, err := os.ReadFile("in.csv")
	require.NoError(t, err)
	require.Equal(t, rows, string(text))
}

// A file that is standard input, too, counts once or not at all.
func TestStandardInputIsNoFileAgain(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("a.csv", []byte("time,value\n1,2\n"), 0o600))
	require.NoError(t, os.WriteFile("b.csv", []byte("time,value\n1,2\n"), 0o600))
	for _, args := range [][]string{{"-", "a.csv"}, {"a.csv", "-"}, {"-", "*.csv"}, {"-", "a*"}, {"-", "."}} {
		file, err := os.Open("a.csv")
		require.NoError(t, err)
		var out, notes strings.Builder
		status := execute(t.Context(), append([]string{"run", "-w", "all"}, args...), streams{in: file, out: &out, err: &notes})
		require.NoError(t, file.Close())
		require.Equal(t, 2, status, args)
		require.Contains(t, notes.String(), "a.csv is standard input, too, and would count twice")
		require.Empty(t, out.String())
	}
	file, err := os.Open("a.csv")
	require.NoError(t, err)
	defer file.Close()
	var out, notes strings.Builder
	require.Equal(t, 0, execute(t.Context(), []string{"run", "-", "b.csv", "-w", "all", "-o", "csv", "--stat", "count"}, streams{in: file, out: &out, err: &notes}), notes.String())
	require.Contains(t, out.String(), ",2\n")
}

// A reader that does not read keeps nobody waiting who has enough of it.
func TestAnInterruptEndsTheWritingOfTheResult(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	reader, writer := io.Pipe()
	go func() {
		_, _ = reader.Read(make([]byte, 1))
		cancel(interrupted{syscall.SIGTERM})
	}()
	std := streams{in: strings.NewReader("time,value\n1,2\n"), out: writer, err: io.Discard}
	require.Equal(t, 143, execute(ctx, []string{"run", "-"}, std))
	require.NoError(t, reader.Close())

	out := filepath.Join(t.TempDir(), "out")
	err := atomicfile.WriteFrom(out, interruptible{ctx, strings.NewReader("text")})
	require.ErrorIs(t, err, interrupted{syscall.SIGTERM})
	require.Empty(t, files(t, filepath.Dir(out)))
}

// A file that only some can read is not replaced by one for all.
func TestOutputsKeepThePermissionsOfWhatTheyReplace(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"out", "bad", "p.svg"} {
		require.NoError(t, os.WriteFile(name, nil, 0o600))
	}
	res := pipeline(t, "time,value\n1,2\n3,x\n", "run", "-", "--output-file", "out", "--plot", "p.svg", "--bad", "quarantine:bad")
	require.Equal(t, 0, res.status, res.err)
	for _, name := range []string{"out", "bad", "p.svg"} {
		info, err := os.Stat(name)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode())
		require.NotZero(t, info.Size())
	}
}
