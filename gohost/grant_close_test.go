package gohost_test

import (
	"io/fs"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// panicking is a file system whose files cannot be closed.
type panicking struct{ fs.FS }

type panickingFile struct{ fs.File }

func (p panicking) Open(name string) (fs.File, error) {
	file, err := p.FS.Open(name)
	return panickingFile{file}, err
}

func (panickingFile) Close() error { panic("this file does not close") }

// A file system's fault in Close takes neither the process nor the instance's place.
func TestAFileThatPanicsWhenItIsClosed(t *testing.T) {
	files := panicking{fstest.MapFS{"greeting.txt": {Data: []byte("good day")}}}
	eng := wasiEngine(t, gohost.WithMaxInstances(1), gohost.WithCallsPerInstance(1),
		gohost.WithGrants(gohost.GrantClock(), gohost.GrantRandom(nil), gohost.GrantFiles(files)))
	for range 3 {
		_, _ = eng.ProcessBatch(ctx, padded("F")) // leaves files open
		_, err := eng.ProcessBatch(ctx, padded("v"))
		require.NoError(t, err)
	}
	require.NoError(t, eng.Close(ctx))
	assert.Zero(t, eng.Stats().Instances)
}
