//go:build unix

package compiler

import (
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestADirectoryOfCodeIsPrivate(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		mode          os.FileMode
		warning, fail string
	}{
		{0o700, "", ""},
		{0o755, "", ""},
		{0o770, "its group can write to it", ""},
		{0o777, "", "all users can write to it"},
		{0o777 | os.ModeSticky, "", "all users can write to it"},
	} {
		require.NoError(t, os.Chmod(dir, c.mode))
		warning, err := Private(dir)
		assert.Contains(t, warning, c.warning)
		assert.Equal(t, c.warning == "", warning == "")
		if c.fail == "" {
			assert.NoError(t, err)
		} else {
			assert.ErrorContains(t, err, c.fail)
		}
	}
	_, err := Private(dir + "/none")
	require.ErrorIs(t, err, os.ErrNotExist)
	if os.Geteuid() == 0 { // only root can give it away
		require.NoError(t, os.Chmod(dir, 0o700))
		require.NoError(t, os.Chown(dir, 12345, -1))
		warning, err := Private(dir)
		require.NoError(t, err)
		assert.Contains(t, warning, "another user (12345)")
	}
}
