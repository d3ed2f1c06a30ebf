package document

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestReplaceChangesOnlyItsSection(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "soak.md")
	beginA, endA := marks("a")
	beginB, endB := marks("b")
	require.NoError(t, os.WriteFile(file, []byte("head\n"+beginA+"old\n"+endA+"middle\n"+beginB+"stays\n"+endB), 0o644))
	for range 2 {
		require.NoError(t, Replace(file, "a", "| new |\n"))
		got, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Equal(t, "head\n"+beginA+"\n| new |\n\n"+endA+"middle\n"+beginB+"stays\n"+endB, string(got))
	}
	require.ErrorIs(t, Replace(file, "c", "x"), ErrNoSection)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, files, 1)
}
