package sources

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tree makes files in a directory, each with its name.
func tree(t *testing.T, names ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		require.NoError(t, os.WriteFile(path, []byte(name), 0o600))
	}
	return dir
}

// found returns the names of the files of a set below dir.
func found(t *testing.T, dir string, names ...string) []string {
	t.Helper()
	for i := range names {
		names[i] = filepath.Join(dir, names[i])
	}
	set, err := Find(names)
	require.NoError(t, err)
	var all []string
	for _, f := range set.files {
		all = append(all, strings.TrimPrefix(f.name, dir+"/"))
	}
	return all
}

func TestWhatNamesStandFor(t *testing.T) {
	dir := tree(t, "b.csv", "a.csv", "a.json", ".hidden.csv", ".git/x.csv", "2024/01/a.csv", "2024/02/a.csv", "2024/.b.csv", "x[1].csv")
	for pattern, want := range map[string][]string{
		"a.csv":         {"a.csv"},
		"x[1].csv":      {"x[1].csv"}, // a name that exists is no pattern
		"*.csv":         {"a.csv", "b.csv", "x[1].csv"},
		"?.csv":         {"a.csv", "b.csv"},
		"[bc].csv":      {"b.csv"},
		".*.csv":        {".hidden.csv"},
		"*/*/a.csv":     {"2024/01/a.csv", "2024/02/a.csv"},
		"**/a.csv":      {"2024/01/a.csv", "2024/02/a.csv", "a.csv"},
		"**/0*/**/*":    {"2024/01/a.csv", "2024/02/a.csv"},
		"2024/**":       {"2024/01/a.csv", "2024/02/a.csv"},
		"2024":          {"2024/01/a.csv", "2024/02/a.csv"},
		".":             {"2024/01/a.csv", "2024/02/a.csv", "a.csv", "a.json", "b.csv", "x[1].csv"},
		"2024/0[!1]/*.": nil,
	} {
		if want == nil {
			_, err := Find([]string{filepath.Join(dir, pattern)})
			require.ErrorContains(t, err, "no file matches "+dir)
			continue
		}
		require.Equal(t, want, found(t, dir, pattern), pattern)
	}
	require.Equal(t, []string{"2024/01/a.csv", "a.csv", "b.csv"}, found(t, dir, "b.csv", "2024/01", "a.csv"))
	set, err := Find([]string{filepath.Join(dir, "*.csv")})
	require.NoError(t, err)
	require.Equal(t, int64(len("a.csv"+"b.csv"+"x[1].csv")), set.Size())
	require.Equal(t, "3 files", set.Name())
}

func TestNamesThatStandForNothing(t *testing.T) {
	dir := tree(t, "a.csv", "empty/.hidden")
	for name, want := range map[string]string{
		"none.csv":  "none.csv: no such file or directory",
		"none*.csv": "no file matches " + dir + "/none*.csv",
		"empty":     "the directory " + dir + "/empty has no files",
		"a[.csv":    "is no valid pattern",
		"a.csv/*":   "a directory",
	} {
		_, err := Find([]string{filepath.Join(dir, name)})
		require.ErrorContains(t, err, want, name)
	}
}

// A file that is read twice counts twice.
func TestAFileIsNotTakenTwice(t *testing.T) {
	dir := tree(t, "a.csv", "b.csv", "sub/c.csv")
	require.NoError(t, os.Symlink("a.csv", filepath.Join(dir, "latest.csv")))
	require.NoError(t, os.Symlink(".", filepath.Join(dir, "sub", "round"))) // a directory that has itself
	for _, names := range [][]string{{"a.csv", "*.csv"}, {"a.csv", "a.csv"}, {"a.csv", "./a.csv"}, {"a.csv", "latest.csv"}, {".", "sub"}} {
		for i, name := range names {
			names[i] = dir + "/" + name
		}
		_, err := Find(names)
		require.ErrorContains(t, err, "named twice", "%v", names)
		require.ErrorContains(t, err, names[0])
	}
	_, err := Find([]string{"-", "-"})
	require.EqualError(t, err, "standard input is named twice, by standard input and by standard input, and would count twice")
	set, err := Find([]string{dir})
	require.NoError(t, err)
	require.Equal(t, 3, set.Len())
	require.Equal(t, 1, set.Repeated)
	// A file may have two names that are equally good.
	if err := os.Link(filepath.Join(dir, "a.csv"), filepath.Join(dir, "hard.csv")); err != nil {
		t.Skip("no hard links here")
	}
	_, err = Find([]string{filepath.Join(dir, "a.csv"), filepath.Join(dir, "hard.csv")})
	require.ErrorContains(t, err, "named twice")
	set, err = Find([]string{dir})
	require.NoError(t, err)
	require.Equal(t, 3, set.Len())
	require.Equal(t, 2, set.Repeated)
}
