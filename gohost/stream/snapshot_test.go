package stream_test

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/stream"
)

// sampled returns an operator with windows in all phases.
func sampled(t testing.TB, w stream.Windows, opts ...stream.Option) *operator {
	t.Helper()
	op, err := stream.New(engine, w, settings(w, opts)...)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, op.Close()) })
	_, err = op.Push(t.Context(), disordered(rand.New(rand.NewPCG(7, 7)), 200, 20), (&sink{}).emit)
	require.NoError(t, err)
	return op
}

func snapshot(t testing.TB, op *operator) []byte {
	t.Helper()
	data, err := op.Snapshot(t.Context())
	require.NoError(t, err)
	return data
}

func restore(t testing.TB, w stream.Windows, data []byte, opts ...stream.Option) (*operator, error) {
	t.Helper()
	return stream.Restore(t.Context(), engine, w, data, settings(w, opts)...)
}

func settings(w stream.Windows, opts []stream.Option) []stream.Option {
	opts = append(opts, stream.WithLateness(40), stream.WithDisorder(5))
	if w.String() == stream.Global().String() || w.String() == stream.Sliding(30, 10).String() {
		opts = append(opts, stream.WithExpiry(60))
	}
	return opts
}

var kinds = []stream.Windows{stream.Tumbling(30), stream.Sliding(30, 10), stream.Session(8), stream.Global()}

func TestASnapshotOfWhatWasRestoredIsTheSame(t *testing.T) {
	for _, w := range kinds {
		op := sampled(t, w)
		data := snapshot(t, op)
		require.Equal(t, data, snapshot(t, op))
		got, err := restore(t, w, data)
		require.NoError(t, err)
		require.Equal(t, data, snapshot(t, got))
		wantStats, gotStats := op.Stats(), got.Stats()
		wantStats.Memory, gotStats.Memory = 0, 0 // capacities differ
		require.Equal(t, wantStats, gotStats)
		one, other := &sink{}, &sink{}
		require.Equal(t, finish(t, op, one), finish(t, got, other))
		require.NoError(t, got.Close())
	}
}

// sealed gives bytes the checksum of a snapshot.
func sealed(body []byte) []byte {
	return binary.LittleEndian.AppendUint32(body, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli)))
}

func TestSnapshotsThatCannotBeUsed(t *testing.T) {
	w := stream.Tumbling(30)
	data := snapshot(t, sampled(t, w, stream.WithLabel("one")))
	check := func(message string, w stream.Windows, data []byte, opts ...stream.Option) {
		t.Helper()
		_, err := restore(t, w, data, append([]stream.Option{stream.WithLabel("one")}, opts...)...)
		require.ErrorIs(t, err, stream.ErrSnapshot)
		require.ErrorContains(t, err, message)
	}
	check(`its windows are "tumbling 30", expected "tumbling 31"`, stream.Tumbling(31), data)
	check(`its windows are "tumbling 30", expected "session 30"`, stream.Session(30), data)
	check(`its label is "one", expected "two"`, w, data, stream.WithLabel("two"))
	_, err := stream.Restore(t.Context(), engine, w, data, stream.WithLabel("one"))
	require.ErrorContains(t, err, "its lateness is 40, expected 0")

	check("not one", w, nil)
	check("not one", w, []byte("[1,2,3] is something else"))
	for n := range data {
		check("", w, data[:n])
		if n != len(data)-4 { // without its last bytes, and with a right checksum
			check("", w, sealed(data[:n:n]))
		}
		for bit := range 8 {
			damaged := append([]byte(nil), data...)
			damaged[n] ^= 1 << bit
			check("", w, damaged)
		}
	}
	body := data[: len(data)-4 : len(data)-4]
	check("1 bytes follow", w, sealed(append(body, 0)))
	next := append([]byte(nil), body...)
	next[8] = 3
	check("it is of version 3, expected 2", w, sealed(next))
	check("it is of version 3, expected 2", w, append(next, 1, 2, 3, 4))

	_, err = restore(t, w, data, stream.WithLabel("one"), stream.WithMaxKeys(2))
	require.ErrorIs(t, err, gohost.ErrLimit)
	require.NotErrorIs(t, err, stream.ErrSnapshot)
}

// Bytes that were changed on purpose, with a right checksum, are refused, or are of another stream.
func TestTamperedSnapshots(t *testing.T) {
	for _, w := range kinds {
		data := snapshot(t, sampled(t, w))
		refused, used := 0, 0
		for n := range data[:len(data)-4] {
			body := append([]byte(nil), data[:len(data)-4]...)
			body[n] ^= 1 << (n % 8)
			op, err := restore(t, w, sealed(body))
			if err != nil {
				require.True(t, errors.Is(err, stream.ErrSnapshot) || errors.Is(err, gohost.ErrLimit), "%v", err)
				refused++
				continue
			}
			used++
			if err := op.Finish(t.Context(), (&sink{}).emit); err != nil {
				require.ErrorIs(t, err, gohost.ErrGuest)
			}
			require.NoError(t, op.Close())
		}
		require.Positive(t, refused)
		require.Positive(t, used)
	}
}

// Whatever is in a snapshot with a right checksum, Restore refuses it or returns an operator that
// works.
func FuzzRestore(f *testing.F) {
	for i, w := range kinds {
		data := snapshot(f, sampled(f, w))
		f.Add(uint8(i), data[:len(data)-4])
	}
	f.Fuzz(func(t *testing.T, kind uint8, body []byte) {
		w := kinds[int(kind)%len(kinds)]
		op, err := restore(t, w, sealed(body[:len(body):len(body)]), stream.WithMaxWindows(10_000))
		if err != nil {
			return
		}
		defer op.Close()
		data := snapshot(t, op)
		again, err := restore(t, w, data)
		require.NoError(t, err)
		defer again.Close()
		require.Equal(t, data, snapshot(t, again))
		one, other := &sink{}, &sink{}
		points := disordered(rand.New(rand.NewPCG(1, 1)), 50, 20)
		if _, err := op.Push(t.Context(), points, one.emit); err != nil {
			return // it was finished, or a sum of counts has no room
		}
		push(t, again, other, points...)
		require.NoError(t, op.Finish(t.Context(), one.emit))
		require.NoError(t, again.Finish(t.Context(), other.emit))
		require.Equal(t, one.lines(), other.lines())
	})
}

// Finish that fails midway, as its sink does, can be called again, and its operator saved and restored.
func TestASnapshotOfAFinishThatFailed(t *testing.T) {
	down := errors.New("the sink is down")
	for _, w := range kinds {
		want := finish(t, sampled(t, w), &sink{})
		require.NotEmpty(t, want)
		for n := range want {
			op, s := sampled(t, w), &sink{}
			require.ErrorIs(t, op.Finish(t.Context(), func(r result) error {
				if len(s.results) == n {
					return down
				}
				return s.emit(r)
			}), down)
			got, err := restore(t, w, snapshot(t, op))
			require.NoError(t, err, "%v after %d results", w, n)
			require.Equal(t, want, append(s.lines(), finish(t, got, s)...), "%v", w)
			require.NoError(t, got.Close())
		}
	}
}
