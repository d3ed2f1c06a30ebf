package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNewPlugin(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "sensors")
	res := pipeline(t, "", "new", "plugin", "--lang", "c", dir)
	require.Equal(t, outcome{out: dir + ": a plugin in c, 9 files; see " + filepath.Join(dir, "README.md") + "\n"}, res)
	require.FileExists(t, filepath.Join(dir, "plugin.c"))

	res = pipeline(t, "", "new", "plugin", "--lang", "go", dir)
	require.Equal(t, outcome{status: 2, err: "pipeline: " + dir + ": the directory is not empty\n"}, res)
	require.NoFileExists(t, filepath.Join(dir, "main.go"))

	res = pipeline(t, "", "new", "plugin", "--lang", "cobol", dir)
	require.Equal(t, 2, res.status)
	require.Contains(t, res.err, "--lang must be one of")
	res = pipeline(t, "", "new", "plugin", dir)
	require.Equal(t, 2, res.status)

	file := filepath.Join(dir, "README.md")
	res = pipeline(t, "", "new", "plugin", "--lang", "c", file)
	require.Equal(t, outcome{status: 1, err: "pipeline: " + file + ": not a directory\n"}, res)
	res = pipeline(t, "", "new", "plugin", "--lang", "c", filepath.Join(dir, "no", "such"))
	require.Equal(t, 1, res.status)
	_, err := os.Stat(filepath.Join(dir, "no"))
	require.ErrorIs(t, err, os.ErrNotExist)
}
