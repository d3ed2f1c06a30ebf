package sources

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/input"
)

// sumUp returns the number of points and the sum of the values of a set of CSV.
func sumUp(ctx context.Context, set *Set, parallel int, inOrder bool) (points, sum int64, empty []string, err error) {
	var n, total atomic.Int64
	begun := 0
	empty, err = set.Each(ctx, Reading{
		Options: input.Options{}, Parallel: parallel, InOrder: inOrder,
		Begin: func(*input.Reader) error { begun++; return nil },
		Read: func(ctx context.Context, r *input.Reader, pieces int) error {
			return input.Each(ctx, r, pieces, justParse, func(p *input.Piece, _ struct{}) error {
				for _, point := range p.Points {
					n.Add(1)
					total.Add(int64(point.Value))
				}
				return nil
			})
		},
	})
	if begun > 1 || err == nil && begun != 1 {
		err = errors.Join(err, fmt.Errorf("begun %d times", begun))
	}
	return n.Load(), total.Load(), empty, err
}

func TestManyFilesAreReadAtTheSameTime(t *testing.T) {
	dir := t.TempDir()
	const files = 150
	want := int64(0)
	for i := range files {
		text := "time,value\n"
		for j := range i % 7 {
			text += fmt.Sprintf("%d,%d\n", j, i)
			want += int64(i)
		}
		if i == 100 {
			text += strings.Repeat("1,1\n", 1<<20) // several pieces
			want += 1 << 20
		}
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.csv", i)), []byte(text), 0o600))
	}
	set, err := Find([]string{dir})
	require.NoError(t, err)
	for _, parallel := range []int{1, 2, 16} {
		for _, inOrder := range []bool{true, false} {
			_, sum, empty, err := sumUp(t.Context(), set, parallel, inOrder)
			require.NoError(t, err)
			require.Equal(t, want, sum)
			require.Len(t, empty, 22)
		}
	}
	require.Equal(t, 6*set.Size(), set.Done())
}

// The error is that of the first file, however many are read at the same time.
func TestTheFirstFaultyFileIsReported(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("0.csv", "")
	write("1.csv", "t,v\n1,1\n")
	write("2.csv", "t,v\n"+strings.Repeat("1,1\n", 1<<17)+"x,1\n") // found after the faults of the next files
	for i := 3; i < 9; i++ {
		write(fmt.Sprintf("%d.csv", i), "t,v\n1,y\n")
	}
	set, err := Find([]string{dir})
	require.NoError(t, err)
	for range 10 {
		_, _, _, err := sumUp(t.Context(), set, 8, false)
		require.ErrorContains(t, err, filepath.Join(dir, "2.csv")+": line 131074, column 1: column \"t\": expected ")
		var data *input.DataError
		require.ErrorAs(t, err, &data)
	}
}

func TestFilesWithoutPoints(t *testing.T) {
	dir := tree(t)
	for name, text := range map[string]string{"a.csv": "", "b.csv": "t,v\n", "c.csv": "\n"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	set, err := Find([]string{dir})
	require.NoError(t, err)
	_, _, _, err = sumUp(t.Context(), set, 2, false)
	require.ErrorIs(t, err, input.ErrEmpty)
	require.ErrorContains(t, err, "3 files: the input is empty")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "d.csv"), []byte("t,v\n1,5"), 0o600))
	set, err = Find([]string{dir})
	require.NoError(t, err)
	_, sum, empty, err := sumUp(t.Context(), set, 2, false)
	require.NoError(t, err)
	require.Equal(t, int64(5), sum)
	require.Len(t, empty, 3)
}

func TestAFileThatGoesIsAnErrorThatNamesIt(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.csv", "b.csv"} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("t,v\n1,1\n"), 0o600))
	}
	set, err := Find([]string{dir})
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "b.csv")))
	_, _, _, err = sumUp(t.Context(), set, 2, false)
	var unopened *OpenError
	require.ErrorAs(t, err, &unopened)
	require.ErrorContains(t, err, filepath.Join(dir, "b.csv"))
}

func TestACancelledContextEndsAllFiles(t *testing.T) {
	dir := t.TempDir()
	for i := range 50 {
		require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprint(i)), []byte("t,v\n"+strings.Repeat("1,1\n", 1<<17)), 0o600))
	}
	set, err := Find([]string{dir})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	_, err = set.Each(ctx, Reading{
		Parallel: 4,
		Begin:    func(*input.Reader) error { return nil },
		Read: func(ctx context.Context, r *input.Reader, pieces int) error {
			return input.Each(ctx, r, pieces, justParse, func(*input.Piece, struct{}) error { cancel(); return nil })
		},
	})
	require.ErrorIs(t, err, context.Canceled)
}
