package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Names of files are bytes: one that is not UTF-8 is that file, not one whose name is alike.
func TestNamesThatAreNotUTF8(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "t\xe9.json")
	if err := os.WriteFile(name, []byte(`[{"timestamp":1,"value":2}]`), 0o600); err != nil {
		t.Skip("file names are UTF-8 here: ", err)
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "t\ufffd.json"), []byte(`[{"timestamp":1,"value":7}]`), 0o600))
	chart := filepath.Join(dir, "p\xe9.svg")
	res := pipeline(t, "", "run", name, "-o", "json", "--plot", chart)
	require.Equal(t, 0, res.status, res.err)
	assert.Contains(t, res.out, `"mean": 2`)
	assert.FileExists(t, chart)
}
