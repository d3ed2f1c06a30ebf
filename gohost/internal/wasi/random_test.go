package wasi

import (
	"io"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/internal/granted"
)

// Any arguments get an errno of WASI, and leave the host whole.
func TestArgumentsOfAnyKind(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 19))
	files := &counted{MapFS: tree()}
	g, h := ours(t, Config{Files: files, Random: zeros{}, Now: time.Now, Stdout: io.Discard})
	paths := []string{"a.txt", "sub", "many", ".", "..", "long", "sub/deep/er/c", "nothing"}
	argument := func() uint64 {
		switch random.IntN(6) {
		case 0:
			return random.Uint64()
		case 1:
			return uint64(random.Uint32N(memorySize))
		case 2:
			return uint64(1)<<32 - uint64(random.IntN(70))
		case 3:
			return memorySize - uint64(random.IntN(70))
		case 4:
			return atList
		}
		return uint64(random.IntN(70))
	}
	answers := map[errno]int{}
	for range 30_000 {
		path := paths[random.IntN(len(paths))]
		g.put(atPath, []byte(path))
		list := make([]byte, 64)
		for i := 0; i < len(list); i += 4 {
			le.PutUint32(list[i:], uint32(argument()))
		}
		g.put(atList, list)
		f := functions[random.IntN(len(functions))]
		if f.name == "poll_oneoff" { // may wait for ever; it has a test of its own
			continue
		}
		args := make([]uint64, len(f.params))
		for i := range args {
			args[i] = argument()
			if f.params[i] == i32 {
				args[i] &= 1<<32 - 1
			}
		}
		if f.name == "path_open" && random.IntN(2) == 0 {
			args = []uint64{3, 0, atPath, uint64(len(path)), 0, 0, 0, 0, atResult}
		}
		no := g.call(f.name, args...)
		require.LessOrEqual(t, no, errno(76), "%s%x", f.name, args)
		answers[no]++
		require.LessOrEqual(t, files.open, granted.MaxOpenFiles+1)
		require.LessOrEqual(t, len(h.files.entries), 4+granted.MaxOpenFiles)
	}
	for _, no := range []errno{success, badf, fault, inval, perm, isdir, notdir, noent, nametoolong} {
		assert.NotZero(t, answers[no], no)
	}
	require.NoError(t, h.Close())
	assert.Zero(t, files.open)
}
