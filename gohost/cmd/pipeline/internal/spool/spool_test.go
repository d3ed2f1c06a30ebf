package spool

import (
	"bytes"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSpoolGivesBackWhatWasWritten(t *testing.T) {
	for _, size := range []int{0, 10, 1000, 5000} {
		dir := t.TempDir()
		s := New(dir)
		s.max = 999
		var want, got bytes.Buffer
		for i := range size {
			n, err := s.Write([]byte{byte(i), byte(i >> 8)})
			require.NoError(t, err)
			require.Equal(t, 2, n)
			want.Write([]byte{byte(i), byte(i >> 8)})
		}
		require.LessOrEqual(t, len(s.begin), s.max)
		n, err := s.WriteTo(&got)
		require.NoError(t, err)
		require.Equal(t, int64(want.Len()), n)
		require.Equal(t, want.Bytes(), got.Bytes())
		require.NoError(t, s.Close())
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	s := New(t.TempDir() + "/none")
	s.max = 1
	_, err := s.Write(make([]byte, 2))
	require.ErrorIs(t, err, os.ErrNotExist)
}
