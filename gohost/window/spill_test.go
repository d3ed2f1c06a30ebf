package window

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// brokenFile fails after some bytes were written, or returns other bytes than were written.
type brokenFile struct {
	bytes.Buffer
	room  int
	short bool
	flip  int
}

func (f *brokenFile) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		if f.short {
			return len(p) / 2, nil
		}
		return 0, syscall.ENOSPC
	}
	return f.Buffer.Write(p)
}

func (f *brokenFile) ReadAt(p []byte, at int64) (int, error) {
	data := slices.Clone(f.Bytes())
	if f.flip > 0 && len(data) > 0 {
		data[f.flip%len(data)] ^= 4
	}
	return bytes.NewReader(data).ReadAt(p, at)
}

func (f *brokenFile) Close() error { return nil }

func TestFaultsOfTheSpillFileAreErrors(t *testing.T) {
	engine := engines(t)["full"]
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 5000, 50)
	run := func(create func() (spillFile, error)) (cells int, err error) {
		table := tableOf(engine, steps{100, 100}, TableOptions{Memory: 1})
		defer end(t, table)
		table.create = create
		for at := 0; at < len(l.points); at += 500 {
			p := l.part(at, min(at+500, len(l.points)))
			if err := table.Add(t.Context(), p.points, p); err != nil {
				return 0, err
			}
		}
		for b, err := range table.batches(t.Context()) {
			if err != nil {
				return cells, err
			}
			cells += len(b.results)
		}
		return cells, nil
	}
	whole, err := run(func() (spillFile, error) { return &brokenFile{room: math.MaxInt}, nil })
	require.NoError(t, err)
	_, err = run(func() (spillFile, error) { return &brokenFile{room: 1000}, nil })
	require.ErrorIs(t, err, syscall.ENOSPC)
	_, err = run(func() (spillFile, error) { return &brokenFile{room: 1000, short: true}, nil })
	require.ErrorIs(t, err, io.ErrShortWrite)
	_, err = run(func() (spillFile, error) { return nil, os.ErrPermission })
	require.ErrorIs(t, err, os.ErrPermission)
	for flip := 1; flip < 3000; flip += 91 {
		cells, err := run(func() (spillFile, error) { return &brokenFile{room: math.MaxInt, flip: flip}, nil })
		require.Error(t, err, "%d of %d", cells, whole)
	}
}

// No file with a name is there, whatever happens.
func TestSpillFilesHaveNoNames(t *testing.T) {
	dir := t.TempDir()
	l := somePoints(rand.New(rand.NewPCG(1, 1)), 3000, 50)
	table := tableOf(engines(t)["full"], steps{100, 100}, TableOptions{Memory: 1, SpillDir: dir})
	require.NoError(t, table.Add(t.Context(), l.points, l))
	require.NotZero(t, table.Stats().Spilled)
	if _, err := os.Stat("/proc/self"); err == nil {
		left, err := os.ReadDir(dir)
		require.NoError(t, err)
		require.Empty(t, left)
	}
	end(t, table)
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, left)

	table = tableOf(engines(t)["full"], steps{100, 100}, TableOptions{Memory: 1, SpillDir: dir + "/none"})
	defer end(t, table)
	require.ErrorIs(t, table.Add(t.Context(), l.points, l), os.ErrNotExist)
}
