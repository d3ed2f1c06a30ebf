package compiler

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOnlyASmallHeapIsMadeLarger(t *testing.T) {
	large := make([]byte, 2*smallHeap)
	runtime.GC()
	require.Empty(t, largerHeap())
	runtime.KeepAlive(large)
}
