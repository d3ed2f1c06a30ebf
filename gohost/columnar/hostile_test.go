package columnar_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/columnar"
	"example.org/compute-pipeline/gohost/input"
)

// readAll reads all columns that can be read, and as many rows as a small file may say that it has.
func readAll(t testing.TB, data []byte, arrow bool, limits columnar.Limits) error {
	const most = 1 << 20
	var b input.Batches
	var err error
	if arrow {
		b, err = columnar.NewArrow(bytes.NewReader(data), limits)
	} else {
		b, err = columnar.OpenParquet(bytes.NewReader(data), int64(len(data)), 2, limits)
	}
	if err != nil {
		return err
	}
	defer b.Close()
	// One at a time: what a run reads is what it names, and the others must not matter.
	selected := 0
	for i := range b.Names() {
		if b.Select([]int{i}) == nil {
			selected++
		}
	}
	if selected == 0 {
		return errors.New("no column")
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var batch input.Batch
	for rows := 0; rows < most; rows += batch.Rows {
		if err = b.Next(ctx, &batch); err != nil {
			break
		}
	}
	require.NoError(t, ctx.Err())
	if err == io.EOF {
		return nil
	}
	return err
}

var small = columnar.Limits{Footer: 1 << 20, Page: 1 << 20, Message: 1 << 20, Ahead: 1 << 20}

// allocated returns how much memory f makes, also what is freed before it ends.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// mostAllocated is what reading a file of some kilobytes may make in all, with small limits.
const mostAllocated = 400 << 20

func files(t testing.TB) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	names, err := filepath.Glob("testdata/*.*")
	require.NoError(t, err)
	for _, name := range names {
		if strings.HasSuffix(name, ".py") {
			continue
		}
		data, err := os.ReadFile(name)
		require.NoError(t, err)
		all[filepath.Base(name)] = data
	}
	require.Greater(t, len(all), 10)
	return all
}

func isArrow(name string) bool { return strings.Contains(name, ".arrow") }

// Files with some bytes changed are errors, or other values: no panic, no end of memory, no endless loop.
func TestFlippedBytes(t *testing.T) {
	for name, data := range files(t) {
		t.Run(name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, uint64(len(data))))
			for range 150 {
				damaged := slices.Clone(data)
				for range 1 + r.IntN(3) {
					at := r.IntN(len(damaged))
					if r.IntN(2) == 0 { // the description of a Parquet file is at its end
						at = len(damaged) - 1 - r.IntN(min(len(damaged), 700))
					}
					damaged[at] = byte(r.Uint32())
				}
				require.Less(t, allocated(func() { _ = readAll(t, damaged, isArrow(name), small) }), uint64(mostAllocated))
			}
		})
	}
}

// A file that is cut off anywhere is an error. Arrow's streams may end after any message.
func TestCutOff(t *testing.T) {
	for name, data := range files(t) {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, readAll(t, data, isArrow(name), columnar.Limits{}))
			ok := 0
			step := max(len(data)/200, 1)
			for size := 0; size < len(data); size += step {
				switch err := readAll(t, data[:size], isArrow(name), small); {
				case err == nil:
					ok++
				default:
					require.NotErrorIs(t, err, io.EOF)
				}
			}
			if strings.HasSuffix(name, ".arrows") {
				require.LessOrEqual(t, ok, 6)
			} else {
				require.Zero(t, ok)
			}
		})
	}
}

// withFooter returns a Parquet file that has nothing but a description.
func withFooter(footer []byte) []byte {
	file := append([]byte("PAR1"), footer...)
	file = binary.LittleEndian.AppendUint32(file, uint32(len(footer)))
	return append(file, "PAR1"...)
}

// What a file says about sizes is checked before memory is made for it.
func TestLyingSizes(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x07} // 2^31 - 1
	list := func(field byte) []byte { return append([]byte{field<<4 | 9, 0xfc}, huge...) }
	footers := map[string][]byte{
		"a list of columns":    list(2),
		"a list of row groups": list(4),
		"a list in a list":     slices.Concat([]byte{4<<4 | 9, 0x1c}, list(1)),
		// A schema of one element that says that it has 2^30 children.
		"children":          {2<<4 | 9, 0x1c, 5<<4 | 5, 0xfe, 0xff, 0xff, 0xff, 0x07, 0, 0},
		"many empty things": slices.Concat([]byte{2<<4 | 9, 0xfc, 0xff, 0xff, 0x3f}, make([]byte, 1<<20-1), []byte{0}),
		"a deep schema":     deepSchema(10_000),
		"a deep struct":     bytes.Repeat([]byte{1<<4 | 12}, 10_000),
	}
	for name, footer := range footers {
		t.Run(name, func(t *testing.T) {
			var err error
			used := allocated(func() {
				_, err = columnar.OpenParquet(bytes.NewReader(withFooter(footer)), int64(len(footer)+12), 1, columnar.Limits{})
			})
			require.ErrorContains(t, err, "description")
			require.Less(t, used, uint64(16<<20))
		})
	}
	_, err := columnar.OpenParquet(bytes.NewReader(withFooter(make([]byte, 1<<20))), 1<<20+12, 1, small)
	require.Error(t, err)
	_, err = columnar.OpenParquet(bytes.NewReader(withFooter(make([]byte, 1<<20+1))), 1<<20+13, 1, small)
	require.ErrorIs(t, err, columnar.ErrLimit)

	for name, message := range map[string][]byte{
		"a long description": {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
		"an old message":     {0xfe, 0xff, 0xff, 0x7f},
	} {
		t.Run(name, func(t *testing.T) {
			var err error
			used := allocated(func() { _, err = columnar.NewArrow(bytes.NewReader(message), columnar.Limits{}) })
			require.ErrorIs(t, err, columnar.ErrLimit)
			require.Less(t, used, uint64(1<<20))
		})
	}
}

// deepSchema is a footer whose schema is a group in a group in a group.
func deepSchema(depth int) []byte {
	footer := []byte{2<<4 | 9, 0xfc}
	footer = binary.AppendUvarint(footer, uint64(depth))
	for range depth {
		footer = append(footer, 5<<4|5, 2, 0) // one child
	}
	return append(footer, 0)
}

// A file that is closed while a goroutine waits for its rows, or whose context ends, gives an error.
func TestCloseEndsNext(t *testing.T) {
	b := open(t, "pyarrow-none.parquet")
	require.NoError(t, b.Select([]int{0, 1}))
	var batch input.Batch
	require.NoError(t, b.Next(t.Context(), &batch))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, b.Next(ctx, &batch), context.Canceled)
	require.NoError(t, b.Close())
	require.Error(t, b.Next(t.Context(), &batch))
	require.NoError(t, b.Close())
}

// Only the pages of columns that were selected are read.
func TestOnlyChosenColumnsAreRead(t *testing.T) {
	data, err := os.ReadFile("testdata/pyarrow-types.parquet")
	require.NoError(t, err)
	r := &countingReader{ReaderAt: bytes.NewReader(data)}
	b, err := columnar.OpenParquet(r, int64(len(data)), 1, columnar.Limits{})
	require.NoError(t, err)
	footer := r.bytes
	r.bytes = 0
	require.NoError(t, b.Select([]int{slices.Index(b.Names(), "instant_ms"), slices.Index(b.Names(), "f64")}))
	got, err := read(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, [][]string{expected(instant), expected(value)}, got)
	require.Less(t, r.bytes, 1500)
	require.Less(t, footer, len(data)) // it is two thirds of this file, and read twice
	require.NoError(t, b.Close())
}

func FuzzParquet(f *testing.F) { fuzz(f, false) }
func FuzzArrow(f *testing.F)   { fuzz(f, true) }

func fuzz(f *testing.F, arrow bool) {
	for name, data := range files(f) {
		if isArrow(name) == arrow {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if used := allocated(func() { _ = readAll(t, data, arrow, small) }); used > mostAllocated {
			t.Fatalf("%d bytes of memory", used)
		}
	})
}

// A dictionary that says that it has more values than its page has bytes is refused before room is made
// for them.
func TestLyingDictionary(t *testing.T) {
	data, err := os.ReadFile("testdata/pyarrow-none.parquet")
	require.NoError(t, err)
	three := []byte{0x4c, 0x15, 0x06, 0x15, 0x00} // a dictionary's header: three values, plain
	at := bytes.Index(data, three)
	require.Positive(t, at)
	data[at+2] = 0x7e // 63, the most in one byte
	b, err := columnar.OpenParquet(bytes.NewReader(data), int64(len(data)), 1, columnar.Limits{})
	require.NoError(t, err)
	defer b.Close()
	require.NoError(t, b.Select([]int{slices.Index(b.Names(), "station")}))
	_, err = read(t.Context(), b)
	require.ErrorContains(t, err, "a dictionary says that it has 63 values, in 15 bytes")
}

// A column of views says how many buffers it has: no more than there are.
func TestLyingViews(t *testing.T) {
	data, err := os.ReadFile("testdata/pyarrow-none.arrows")
	require.NoError(t, err)
	refused := 0
	for at := 0; at+12 <= len(data); at += 4 {
		// A list of one number, which is small: among others that of the counts of buffers.
		if n := data[at+4]; n > 1 || !bytes.Equal(data[at:at+12], []byte{1, 0, 0, 0, n, 0, 0, 0, 0, 0, 0, 0}) {
			continue
		}
		damaged := slices.Clone(data)
		damaged[at+8] = 0x10 // 2^36
		require.Less(t, allocated(func() { err = readAll(t, damaged, true, small) }), uint64(mostAllocated))
		if err != nil && strings.Contains(err.Error(), "a list that is longer than itself") {
			refused++
		}
	}
	require.Equal(t, 3, refused, "one in each batch")
}
