package transform

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/fileio"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/rtrackers/offsetrange"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

// fileOf returns a file with a content, as a pipeline sees it.
func fileOf(t testing.TB, name string, content []byte) fileio.ReadableFile {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, content, 0o600))
	return fileio.ReadableFile{Metadata: fileio.FileMetadata{Path: path, Size: int64(len(content))}}
}

// aReader reads a file as a runner may: in parts, which it divides while they are read.
type aReader struct {
	t    *testing.T
	r    *rand.Rand
	fn   *ReadFn
	file fileio.ReadableFile
	got  map[int64]string // what texts have, by their offset

	texts map[int64]Text // the same, if it is not nil
}

func (a *aReader) read() {
	for _, rest := range a.fn.SplitRestriction(a.file, a.fn.CreateInitialRestriction(a.file)) {
		a.part(rest)
	}
}

func (a *aReader) part(rest offsetrange.Restriction) {
	tracker := a.fn.CreateTracker(rest)
	var residuals []offsetrange.Restriction
	split := func() {
		if a.r.IntN(3) > 0 {
			return
		}
		_, residual, err := tracker.TrySplit(a.r.Float64())
		require.NoError(a.t, err)
		if residual != nil {
			residuals = append(residuals, residual.(offsetrange.Restriction))
		}
	}
	split()
	err := a.fn.ProcessElement(a.t.Context(), tracker, a.file, func(text Text) {
		require.Equal(a.t, a.file.Metadata.Path, text.File)
		require.NotContains(a.t, a.got, text.Offset)
		a.got[text.Offset] = string(text.Data)
		if a.texts != nil {
			a.texts[text.Offset] = text
		}
		split()
	})
	require.NoError(a.t, err)
	require.NoError(a.t, tracker.GetError())
	require.True(a.t, tracker.IsDone())
	for _, residual := range residuals {
		a.part(residual)
	}
}

// whole returns what was read, which must be without gaps.
func (a *aReader) whole() string {
	var all strings.Builder
	for len(a.got) > 0 {
		at := int64(all.Len())
		text, ok := a.got[at]
		require.True(a.t, ok, "nothing begins at %d", at)
		delete(a.got, at)
		all.WriteString(text)
	}
	return all.String()
}

func TestEachLineIsInOneText(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for round := range 200 {
		var content []byte
		for range r.IntN(40) {
			content = append(content, strings.Repeat("x", r.IntN(1+r.IntN(30)))...)
			content = append(content, '\n')
		}
		if r.IntN(2) == 0 {
			content = append(content, "no newline at the end"...)
		}
		size := int64(1 + r.IntN(60))
		a := &aReader{t: t, r: r, fn: &ReadFn{Format: JSONLines, SplitSize: size}, file: fileOf(t, "lines", content), got: map[int64]string{}}
		a.read()
		require.Equal(t, string(content), a.whole(), "round %d, size %d", round, size)
	}
}

// A text has whole lines, however they lie across the pieces in which a file is read, and
// wherever the runner divides it.
func TestPiecesOfLongFiles(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	var content []byte
	for len(content) < 5*pieceSize {
		length := r.IntN(200)
		if r.IntN(500) == 0 {
			length = pieceSize + r.IntN(pieceSize)
		}
		content = append(append(content, bytes.Repeat([]byte{'y'}, length)...), '\n')
	}
	file := fileOf(t, "long", content)
	for _, size := range []int64{0, 20_000, pieceSize - 1, pieceSize + 1} {
		a := &aReader{t: t, r: r, fn: &ReadFn{Format: JSONLines, SplitSize: size}, file: file, got: map[int64]string{}}
		a.read()
		for _, text := range a.got {
			require.True(t, strings.HasSuffix(text, "\n"))
		}
		require.Equal(t, string(content), a.whole(), "size %d", size)
	}
}

func TestCompressedFilesAndArraysAreNotDivided(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	lines := strings.Repeat("a line\n", 100_000)
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, err := w.Write([]byte(lines))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	for _, c := range []struct {
		format Format
		file   fileio.ReadableFile
	}{
		{JSONLines, fileOf(t, "lines.gz", packed.Bytes())},
		{JSON, fileOf(t, "array.gz", packed.Bytes())},
		{JSON, fileOf(t, "array", []byte(lines))},
	} {
		a := &aReader{t: t, r: r, fn: &ReadFn{Format: c.format, SplitSize: 10}, file: c.file, got: map[int64]string{}}
		a.read()
		require.Equal(t, lines, a.whole())
	}
}

func TestALineThatIsTooLong(t *testing.T) {
	file := fileOf(t, "long", bytes.Repeat([]byte{'z'}, maxRecord+2))
	fn := &ReadFn{Format: JSONLines}
	tracker := fn.CreateTracker(fn.CreateInitialRestriction(file))
	err := fn.ProcessElement(t.Context(), tracker, file, func(Text) { t.Error("emitted") })
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	require.ErrorContains(t, err, fmt.Sprintf("%s: ", file.Metadata.Path))
	require.ErrorContains(t, err, "byte offset 0: the line is longer than 16 MiB, the max")
}
