package main

import (
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/prose"
)

const embedderFile = "../../../examples/plugins/inference/prose/embedder.wasm"

// embeddedLines returns the objects that embed has printed.
func embeddedLines(t *testing.T, out string) (list []embeddedText) {
	t.Helper()
	for line := range strings.Lines(out) {
		var e embeddedText
		require.NoError(t, json.Unmarshal([]byte(line), &e))
		list = append(list, e)
	}
	return list
}

func TestEmbedPrintsVectors(t *testing.T) {
	texts := []string{"Close closes the file.", "Read reads up to len(p) bytes.", ""}
	model, err := prose.LoadEmbedder(t.Context())
	require.NoError(t, err)
	defer model.Close(t.Context())
	var want [][]float32
	var files []string
	for _, text := range texts {
		vector, err := model.Embed(t.Context(), text)
		require.NoError(t, err)
		want = append(want, vector)
		files = append(files, tempFile(t, "text", []byte(text)))
	}
	got := pipeline(t, "", append([]string{"embed", "--plugin", embedderFile, "-o", "json"}, files...)...)
	require.Equal(t, 0, got.status, got.err)
	list := embeddedLines(t, got.out)
	require.Len(t, list, len(texts))
	for i, e := range list {
		require.Equal(t, embeddedText{File: files[i], Vector: want[i]}, e)
	}

	got = pipeline(t, strings.Join(texts[:2], "\r\n \n"), "embed", "--plugin", embedderFile, "--lines", "-o", "json")
	require.Equal(t, 0, got.status, got.err)
	list = embeddedLines(t, got.out)
	require.Len(t, list, 2, "a blank line is no text")
	for i, e := range list {
		require.Equal(t, embeddedText{File: "-", Line: 1 + 2*i, Text: texts[i], Vector: want[i]}, e)
	}

	got = pipeline(t, texts[0], "embed", "--plugin", embedderFile)
	require.Equal(t, 0, got.status, got.err)
	cells := strings.Split(strings.TrimSpace(got.out), "\t")
	require.Len(t, cells, 65)
	require.Equal(t, "standard input", cells[0])
}

func TestEmbedFindsTheNearestTexts(t *testing.T) {
	lines := tempFile(t, "lines", []byte("Close closes the file.\nThe sum of all values.\n  Close closes the file.\x1b[31m\nClose closes the file.\n"))
	nearest := func(top string, more ...string) []embeddedText {
		got := pipeline(t, "", append([]string{"embed", "--plugin", embedderFile, "--lines", "--nearest", "Close closes the file.", "--top", top, "-o", "json", lines}, more...)...)
		require.Equal(t, 0, got.status, got.err)
		return embeddedLines(t, got.out)
	}
	all := nearest("9")
	require.Len(t, all, 4)
	require.Equal(t, []int{1, 4, 3, 2}, []int{all[0].Line, all[1].Line, all[2].Line, all[3].Line}, "equal ones as they come")
	require.InDelta(t, 1, *all[0].Similarity, 1e-12)
	require.Less(t, *all[3].Similarity, *all[2].Similarity)
	require.Empty(t, all[0].Vector)
	require.Equal(t, all[:2], nearest("2"))

	got := pipeline(t, "", "embed", "--plugin", embedderFile, "--lines", "--nearest", "Close closes the file.", "--top", "3", lines)
	require.Equal(t, 0, got.status, got.err)
	require.Contains(t, got.out, "1.0000\t"+lines+":1\tClose closes the file.\n1.0000\t"+lines+":4\tClose closes the file.\n")
	require.Contains(t, got.out, lines+":3\t\"Close closes the file.\\x1b[31m\"\n")
}

// An empty text, such as a variable that is not set, is no text to be near to.
func TestEmbedNeedsATextToBeNearTo(t *testing.T) {
	got := pipeline(t, "a\n", "embed", "--plugin", embedderFile, "--lines", "--nearest", "", "-")
	require.Equal(t, 2, got.status)
	require.Contains(t, got.err, "--nearest has no text")
	require.Empty(t, got.out)
}

func TestEmbedGoesOnAfterATextWithoutAVector(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	bad := tempFile(t, "bad", []byte("a\xff"))
	long := tempFile(t, "long", []byte(strings.Repeat("a", 100_000)))
	good := tempFile(t, "good", []byte("Close closes the file."))
	got := pipeline(t, "", "embed", "--plugin", embedderFile, missing, bad, long, good)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "pipeline: "+missing+": no such file or directory\npipeline: "+bad+": the text is not UTF-8\npipeline: "+long+": error: too-large: ")
	require.True(t, strings.HasPrefix(got.out, good+"\t"), got.out)
	got = pipeline(t, "", "embed", "--plugin", embedderFile, "--lines", missing, bad, good)
	require.Equal(t, 1, got.status)
	require.Equal(t, "pipeline: "+missing+": no such file or directory\npipeline: "+bad+":1: the text is not UTF-8\n", got.err)
	require.True(t, strings.HasPrefix(got.out, good+":1\t"), got.out)
	big := tempFile(t, "big", []byte(strings.Repeat("a", 5<<20)))
	got = pipeline(t, "", "embed", "--plugin", embedderFile, "--memory", "4", "--lines", big)
	require.Equal(t, "pipeline: "+big+": a line: the input is too long: more than 4194304 bytes\n", got.err)
}

func TestEmbedRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"--top 0: expected":               {"--plugin", embedderFile, "--top", "0"},
		"- is there twice":                {"--plugin", embedderFile, "-", "a", "-"},
		"--plugin: missing: no such file": {"--plugin", "missing"},
		"--memory":                        {"--plugin", embedderFile, "--memory", "0"},
	} {
		got := pipeline(t, "", append([]string{"embed"}, args...)...)
		require.Equal(t, 2, got.status, got.err)
		require.Contains(t, got.err, want)
	}
	got := pipeline(t, "", "embed", "--plugin", engineFile)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "org:inference/embedding")
	got = pipeline(t, "x", "embed", "--plugin", embedderFile, "--fuel", "1000")
	require.Equal(t, 1, got.status)
	require.Regexp(t, `^pipeline: standard input: limit reached: .*; raise --fuel\n$`, got.err)
	got = pipeline(t, "x", "embed", "--plugin", embedderFile, "--nearest", "a\xff")
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "--nearest: the text is not UTF-8")
}

// Input that does not end is given up when the context ends, whole or in lines.
func TestEmbedEndsWhileItReads(t *testing.T) {
	for _, more := range [][]string{nil, {"--lines"}} {
		in, writer := io.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		var status int
		var running sync.WaitGroup
		running.Go(func() {
			status = execute(ctx, append([]string{"embed", "--plugin", embedderFile}, more...), streams{in: in, out: io.Discard, err: io.Discard})
		})
		_, err := writer.Write([]byte("x\ny")) // which is read
		require.NoError(t, err)
		cancel(interrupted{os.Interrupt})
		running.Wait()
		require.NoError(t, writer.Close())
		require.Equal(t, 130, status)
	}
}

func TestVectorsMayBeAnything(t *testing.T) {
	require.NoError(t, finite([]float32{0, -1}))
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		require.ErrorContains(t, finite([]float32{1, float32(x)}), "as number 2 of the vector; expected a finite one")
	}
	for _, test := range []struct {
		a, b []float32
		want float64
	}{
		{[]float32{1, 0}, []float32{0, 3}, 0},
		{[]float32{1, 0}, []float32{-2, 0}, -1},
		{[]float32{0, 0}, []float32{1, 0}, 0},
		{nil, nil, 0},
		{[]float32{math.MaxFloat32, 0}, []float32{math.MaxFloat32, 0}, 1},
	} {
		got, err := similarity(test.a, test.b)
		require.NoError(t, err)
		require.InDelta(t, test.want, *got, 1e-12)
	}
	_, err := similarity([]float32{1}, nil)
	require.ErrorContains(t, err, "the model returns a vector of 0 numbers, and of 1 for --nearest")
}
