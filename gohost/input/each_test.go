package input

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// table returns a reader of rows 0 to n-1, each a piece of its own.
func table(t *testing.T, rows int) *Reader {
	t.Helper()
	var text strings.Builder
	for i := range rows {
		fmt.Fprintf(&text, "%d,1\n", i)
	}
	reader, err := NewReader(strings.NewReader(text.String()), Options{Format: CSV, PieceSize: 1})
	require.NoError(t, err)
	return reader
}

func TestPiecesAreDoneInTheOrderOfTheInput(t *testing.T) {
	for _, n := range []int{0, 1, 2, 8} {
		var last int
		err := Each(t.Context(), table(t, 100), n,
			func(_ context.Context, p *Piece) (uint64, error) { return p.Points[0].Timestamp, nil },
			func(p *Piece, at uint64) error {
				require.Equal(t, []gohost.Datapoint{{Timestamp: at, Value: 1}}, p.Points)
				require.Equal(t, uint64(last), at)
				last++
				return nil
			})
		require.NoError(t, err)
		require.Equal(t, 100, last)
	}
}

// The first error counts even if a later piece fails before it.
func TestTheFirstErrorOfTheInputIsReturned(t *testing.T) {
	first, second := errors.New("first"), errors.New("second")
	failed := make(chan struct{})
	done := 0
	err := Each(t.Context(), table(t, 10), 2,
		func(_ context.Context, p *Piece) (struct{}, error) {
			switch p.Points[0].Timestamp {
			case 3:
				<-failed
				return struct{}{}, first
			case 4:
				close(failed)
				return struct{}{}, second
			}
			return struct{}{}, nil
		},
		func(*Piece, struct{}) error { done++; return nil })
	require.ErrorIs(t, err, first)
	require.Equal(t, 4, done, "what a piece with an error has before it is done, and nothing behind it")

	err = Each(t.Context(), table(t, 10), 3,
		func(context.Context, *Piece) (struct{}, error) { return struct{}{}, first },
		func(*Piece, struct{}) error { return second })
	require.ErrorIs(t, err, second, "done comes first")
}

func TestPiecesAtTheSameTimeAreBounded(t *testing.T) {
	const n = 3
	var working, held, most atomic.Int64
	var all sync.WaitGroup
	all.Add(n)
	err := Each(t.Context(), table(t, 200), n,
		func(_ context.Context, p *Piece) (struct{}, error) {
			if p.Points[0].Timestamp < n {
				all.Done()
				all.Wait() // so many work at the same time
			}
			held.Add(1)
			for now := working.Add(1); ; {
				if old := most.Load(); now <= old || most.CompareAndSwap(old, now) {
					break
				}
			}
			working.Add(-1)
			return struct{}{}, nil
		},
		func(*Piece, struct{}) error {
			require.LessOrEqual(t, held.Load(), int64(2*n))
			held.Add(-1)
			return nil
		})
	require.NoError(t, err)
	require.LessOrEqual(t, most.Load(), int64(n))
}

// A failing source ends the input after the records that are whole.
func TestAFailingSourceComesAfterTheRecordsBeforeIt(t *testing.T) {
	fire := errors.New("the disk is on fire")
	for _, n := range []int{1, 4} {
		for text, want := range map[string]int{"t,v\n1,2\n3,4\n5,": 2, "t,v\n1,2\n3": 1} {
			reader, err := NewReader(io.MultiReader(strings.NewReader(text), failing{fire}), Options{Format: CSV, PieceSize: 6})
			require.ErrorIs(t, err, fire, "the beginning is read whole")
			require.Nil(t, reader)

			long := "t,v\n" + strings.Repeat("1,2\n", sniffLength) + text[4:]
			reader, err = NewReader(io.MultiReader(strings.NewReader(long), failing{fire}), Options{Format: CSV})
			require.NoError(t, err)
			points := 0
			err = Each(t.Context(), reader, n, justParse, func(p *Piece, _ struct{}) error { points += len(p.Points); return nil })
			require.ErrorIs(t, err, fire)
			require.Equal(t, sniffLength+want, points)
		}
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// A long record takes memory only while it is there.
func TestALongRecordIsForgotten(t *testing.T) {
	long := `{"timestamp":1,"value":2,"note":"` + strings.Repeat("x", 1<<20) + "\"}\n"
	reader, err := NewReader(strings.NewReader(long+strings.Repeat(objects[0]+"\n", 100_000)), Options{Format: NDJSON, Validate: engine.AppendValidated, PieceSize: 4096})
	require.NoError(t, err)
	var sizes []int
	require.NoError(t, Each(t.Context(), reader, 1, justParse, func(p *Piece, _ struct{}) error { sizes = append(sizes, cap(p.buf)); return nil }))
	require.Greater(t, sizes[0], 1<<20)
	require.Less(t, sizes[len(sizes)-1], 1<<15)
}
