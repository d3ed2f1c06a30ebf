package tests

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// needSafeParents skips a test where another user could put another directory in the place of
// one for temporary files: there is no default cache then.
func needSafeParents(t *testing.T, dir string) {
	t.Helper()
	for dir != "/" {
		dir = filepath.Dir(dir)
		info, err := os.Stat(dir)
		require.NoError(t, err)
		owner := int(info.Sys().(*syscall.Stat_t).Uid)
		if owner != 0 && owner != os.Geteuid() || info.Mode().Perm()&0o022 != 0 && info.Mode()&os.ModeSticky == 0 {
			t.Skipf("another user can change %s (%v)", dir, info.Mode())
		}
	}
}

// TestTheDefaultCache runs the program as a user does: tests themselves have no such cache.
func TestTheDefaultCache(t *testing.T) {
	binary := buildPipeline(t)
	home, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.Chmod(home, 0o700))
	needSafeParents(t, home)
	input := filepath.Join("..", "examples", "data", "seattle-temps-2010.json")
	want := ""
	run := func(env ...string) {
		t.Helper()
		command := exec.Command(binary, "run", input, "--window", "1mo")
		command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
		out, err := command.CombinedOutput()
		require.NoError(t, err, "%s", out)
		if want == "" {
			want = string(out)
		}
		require.Equal(t, want, string(out), "%v", env)
	}
	files := func() (all map[string]os.FileInfo) {
		all = map[string]os.FileInfo{}
		require.NoError(t, filepath.WalkDir(home, func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			all[path], err = d.Info()
			return err
		}))
		return all
	}

	run() // no home: no cache, no word about it
	run("HOME="+home, "COMPUTE_PIPELINE_CACHE=off")
	run("HOME=" + filepath.Join(home, "none"))
	run("XDG_CACHE_HOME=/proc", "HOME="+home)
	require.NoError(t, os.Chmod(home, 0o777))
	run("HOME=" + home)
	require.NoError(t, os.Chmod(home, 0o700))
	entries, err := os.ReadDir(home)
	require.NoError(t, err)
	require.Empty(t, entries)

	run("HOME=" + home)
	before := files()
	require.Len(t, before, 2, "the engine's code and its entry")
	dir := filepath.Join(home, ".cache", "compute-pipeline")
	info, err := os.Stat(dir)
	require.NoError(t, err)
	require.Equal(t, os.ModeDir|0o700, info.Mode())
	run("HOME=" + home)
	for path, info := range files() {
		assert.True(t, os.SameFile(info, before[path]), "%s was written again", path)
	}
	for path := range before { // damage
		require.NoError(t, os.Truncate(path, 40))
	}
	run("HOME=" + home)
	for path, info := range files() {
		require.Contains(t, before, path)
		assert.Equal(t, before[path].Size(), info.Size(), path)
	}
}

// TestTheDefaultCacheOnAFullDisk runs the program with a home of 64 KiB, which the engine's code
// does not fit in: the answer is the same, nothing is said, and nothing half is left.
func TestTheDefaultCacheOnAFullDisk(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount a small disk, and owns the directories above it")
	}
	home, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	needSafeParents(t, home)
	const mount = `mount -t tmpfs -o size=64k,mode=0700 tmpfs "$HOME" || exit 77
"$@" && cd "$HOME" && find . >&2`
	run := func(command ...string) (stdout, stderr string, err error) {
		var out, errs strings.Builder
		program := exec.Command("unshare", append([]string{"--mount", "sh", "-c", mount, "sh"}, command...)...)
		program.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + home}
		program.Stdout, program.Stderr = &out, &errs
		err = program.Run()
		return out.String(), errs.String(), err
	}
	if _, reason, err := run("true"); err != nil {
		t.Skipf("no disk can be mounted here: %v: %s", err, reason)
	}
	binary, input := buildPipeline(t), filepath.Join("..", "examples", "data", "seattle-temps-2010.json")
	t.Setenv("COMPUTE_PIPELINE_CACHE", "off") // not the user's
	want, err := exec.Command(binary, "run", input, "--window", "1mo").Output()
	require.NoError(t, err)
	got, left, err := run(binary, "run", input, "--window", "1mo")
	require.NoError(t, err, left)
	require.Equal(t, string(want), got)
	require.Equal(t, ".\n./.cache\n./.cache/compute-pipeline\n", left)
}
