package wasi2

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// Each handle of the root that is used opens it, so these are bounded too.
func TestRootsAreBounded(t *testing.T) {
	files := &counted{MapFS: tree()}
	g := newGuest(t, t.Context(), granted.Config{Files: files})
	roots := make([]uint64, 200)
	for i := range roots {
		roots[i] = g.root()
		g.method("descriptor", "stat", roots[i], atResult)
	}
	assert.Equal(t, granted.MaxOpenFiles, files.open)
	for _, root := range roots {
		g.drop("filesystem/types", "descriptor", root)
	}
	assert.Zero(t, files.open)
	g.method("descriptor", "stat", g.root(), atResult)
	assert.Equal(t, 1, files.open, "closed ones make room")
}
