package transform

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	"github.com/klauspost/compress/zstd"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
)

// encode returns points in a format.
func encode(format Format, points []gohost.Datapoint) []byte {
	var out bytes.Buffer
	if format == CSV {
		out.WriteString("note;value;time\r\n")
	}
	for i, p := range points {
		switch format {
		case CSV:
			fmt.Fprintf(&out, "%s;%v;%d\n", []string{"x", `"a; ""b"""`, ""}[i%3], p.Value, p.Timestamp)
		case JSONLines:
			fmt.Fprintf(&out, "{\"timestamp\":%d,\"value\":%v}\n", p.Timestamp, p.Value)
		case JSON:
			fmt.Fprintf(&out, "%c{\"timestamp\":%d,\"value\":%v}", ",["[min(1, max(0, 1-i))], p.Timestamp, p.Value)
		case Packed:
			out.Write(gohost.AppendPacked(nil, p))
		}
	}
	if format == JSON {
		out.WriteByte(']')
	}
	return out.Bytes()
}

// compressed returns data as a file whose name ends so has it.
func compressed(t testing.TB, end string, data []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	switch end {
	case ".gz":
		w := gzip.NewWriter(&out)
		_, err := w.Write(data)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	case ".zst":
		w, err := zstd.NewWriter(&out)
		require.NoError(t, err)
		_, err = w.Write(data)
		require.NoError(t, err)
		require.NoError(t, w.Close())
	default:
		return data
	}
	return out.Bytes()
}

// readFile returns what ReadFn and ValidateFn make of a file, in parts as a runner may choose them.
func readFile(t *testing.T, r *rand.Rand, read *ReadFn, file fileio.ReadableFile) validated {
	t.Helper()
	a := &aReader{t: t, r: r, fn: read, file: file, got: map[int64]string{}, texts: map[int64]Text{}}
	a.read()
	all := validated{points: map[Group][]gohost.Datapoint{}}
	offsets := make([]int64, 0, len(a.texts))
	for at := range a.texts {
		offsets = append(offsets, at)
	}
	slices.Sort(offsets)
	for _, at := range offsets {
		got := validate(t, &ValidateFn{Format: read.Format}, a.texts[at])
		all.faults = append(all.faults, got.faults...)
		for group, points := range got.points {
			all.points[group] = append(all.points[group], points...)
		}
	}
	return all
}

func TestEveryFormatIsDivided(t *testing.T) {
	r := rand.New(rand.NewPCG(41, 42))
	points := randomPoints(r, 300, kinds["decimals"])
	for i := range points {
		points[i].Timestamp %= 1e9
	}
	for _, format := range []Format{CSV, JSONLines, JSON, Packed} {
		data := encode(format, points)
		for _, end := range []string{"", ".gz", ".zst"} {
			file := fileOf(t, "points"+end, compressed(t, end, data))
			for _, size := range []int64{0, 1, 7, 16, 100, 999} {
				for _, newlines := range []bool{false, format == CSV} {
					read := &ReadFn{Format: format, SplitSize: size, CellNewlines: newlines}
					require.NoError(t, read.Check())
					got := readFile(t, r, read, file)
					require.Empty(t, got.faults)
					require.Equal(t, points, got.points[Group{}], "%s%s in parts of %d", format, end, size)
				}
			}
		}
	}
}

func TestCellsWithNewlines(t *testing.T) {
	r := rand.New(rand.NewPCG(43, 44))
	text := "\xef\xbb\xbftime,value,\"a\nnote\"\n1,2,\"x\ny\"\n3,4,z\n\n5,6,\"\n\n\"\n"
	for _, end := range []string{"", ".gz"} {
		file := fileOf(t, "table"+end, compressed(t, end, []byte(text)))
		got := readFile(t, r, &ReadFn{Format: CSV, CellNewlines: true, SplitSize: 10}, file)
		require.Empty(t, got.faults)
		require.Equal(t, []gohost.Datapoint{{Timestamp: 1, Value: 2}, {Timestamp: 3, Value: 4}, {Timestamp: 5, Value: 6}}, got.points[Group{}])

		// Without the option each line is a row, also in a file that is not divided.
		got = readFile(t, r, &ReadFn{Format: CSV, SplitSize: 10}, file)
		require.Equal(t, []gohost.Datapoint{{Timestamp: 3, Value: 4}}, got.points[Group{}])
		require.Len(t, got.faults, 4)
		for _, fault := range got.faults {
			require.Equal(t, "a quote is not closed on this line", fault.Message)
		}
		require.EqualValues(t, strings.Index(text, "1,2"), got.faults[0].Offset)
	}
}

// A file whose header lacks a column is one fault, however it is divided.
func TestAHeaderWithoutTheColumns(t *testing.T) {
	r := rand.New(rand.NewPCG(45, 46))
	got := readFile(t, r, &ReadFn{Format: CSV, SplitSize: 5}, fileOf(t, "table", []byte("when,what,else\n1,2,3\n4,5,6\n")))
	require.Empty(t, got.points)
	require.Len(t, got.faults, 1)
	require.Contains(t, got.faults[0].Message, "line 1, column 1: no column is recognised as the time")
	for _, text := range []string{"", "\n\n", "time,value", "time,value\n"} {
		got := readFile(t, r, &ReadFn{Format: CSV, SplitSize: 5}, fileOf(t, "table", []byte(text)))
		require.Empty(t, got.points)
		require.Empty(t, got.faults, text)
	}
	got = readFile(t, r, &ReadFn{Format: CSV, SplitSize: 2}, fileOf(t, "table", []byte("1,2\n3,4")))
	require.Len(t, got.points[Group{}], 2, "a file without a header")
}

func processFile(t *testing.T, fn *ReadFn, file fileio.ReadableFile, emit func(Text)) error {
	t.Helper()
	return fn.ProcessElement(t.Context(), fn.CreateTracker(fn.CreateInitialRestriction(file)), file, emit)
}

func TestFilesThatCannotBeRead(t *testing.T) {
	packed := compressed(t, ".gz", encode(JSONLines, randomPoints(rand.New(rand.NewPCG(1, 1)), 5000, kinds["decimals"])))
	damaged := slices.Clone(packed)
	damaged[len(damaged)/2] ^= 0x55
	lines := []byte("[1,2]\n[3,4]\n")
	for name, c := range map[string]struct {
		file    string
		data    []byte
		fn      ReadFn
		message string
	}{
		"cut off":             {"a.gz", packed[:len(packed)/2], ReadFn{Format: JSONLines}, "the gzip data ends too early; is the file complete?"},
		"damaged":             {"a.gz", damaged, ReadFn{Format: JSONLines}, "the gzip data is damaged at or before here"},
		"damaged, CSV":        {"a.gz", damaged[:20], ReadFn{Format: CSV}, "the gzip data"},
		"without its name":    {"a.json", packed, ReadFn{Format: JSONLines}, "the file is compressed with gzip, which its name does not say"},
		"not what is said":    {"a", lines, ReadFn{Format: JSONLines, Compression: input.Zstandard}, "the zstd data is damaged"},
		"a long first row":    {"a", bytes.Repeat([]byte{'"', 'x'}, maxRecord), ReadFn{Format: CSV}, "the first row is longer than 16 MiB, the max"},
		"a quote stays open":  {"a", append([]byte("t,v\n1,\"2\n"), bytes.Repeat([]byte("3,4\n"), maxRecord/4+9)...), ReadFn{Format: CSV, CellNewlines: true}, "byte offset 4: the row that begins here is longer than 16 MiB, the max"},
		"an array, too large": {"a", bytes.Repeat([]byte{' '}, maxArray+1), ReadFn{Format: JSON}, "an array of more than 268435455 bytes; use JSON lines"},
	} {
		file := fileOf(t, c.file, c.data)
		err := processFile(t, &c.fn, file, func(Text) {})
		require.ErrorContains(t, err, file.Metadata.Path+": ", name)
		require.ErrorContains(t, err, c.message, name)
	}
	// A name may say more than is so, and the compression of all files can be given.
	got := readFile(t, rand.New(rand.NewPCG(2, 2)), &ReadFn{Format: JSONLines}, fileOf(t, "plain.gz", lines))
	require.Len(t, got.points[Group{}], 2)
	got = readFile(t, rand.New(rand.NewPCG(2, 2)), &ReadFn{Format: JSONLines, Compression: input.Gzip}, fileOf(t, "any", compressed(t, ".gz", lines)))
	require.Len(t, got.points[Group{}], 2)
}

// A file that changes while its parts are read has no results.
func TestAFileChanges(t *testing.T) {
	lines := []byte("[1,2]\n[3,4]\n")
	for name, change := range map[string]func(path string){
		"bytes when the pipeline began, and has 18 now": func(path string) {
			require.NoError(t, os.WriteFile(path, append(lines, "[5,6]\n"...), 0o600))
		},
		"bytes when the pipeline began, and has 6 now": func(path string) {
			require.NoError(t, os.Truncate(path, 6))
		},
		"the file was changed at": func(path string) {
			require.NoError(t, os.WriteFile(path+".new", []byte("[1,9]\n[3,9]\n"), 0o600))
			require.NoError(t, os.Chtimes(path+".new", time.Now(), time.Now().Add(time.Hour)))
			require.NoError(t, os.Rename(path+".new", path))
		},
		"no such file": func(path string) { require.NoError(t, os.Remove(path)) },
	} {
		file := fileOf(t, "lines", lines)
		info, err := os.Stat(file.Metadata.Path)
		require.NoError(t, err)
		file.Metadata.LastModified = info.ModTime()
		require.NoError(t, processFile(t, &ReadFn{Format: JSONLines}, file, func(Text) {}))
		err = processFile(t, &ReadFn{Format: JSONLines}, file, func(Text) { change(file.Metadata.Path) })
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, filepath.Base(file.Metadata.Path))
	}
}

func TestInvalidReadFnsAreRefused(t *testing.T) {
	for _, f := range []ReadFn{{}, {Format: "auto"}, {Format: CSV, Compression: "lzma"}} {
		require.ErrorIs(t, f.Check(), gohost.ErrInvalidInput)
	}
}
