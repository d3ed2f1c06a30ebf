package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/classifier"
)

const (
	magikaFile = "../../../examples/plugins/inference/magika/magika.wasm"
	shellText  = "#!/bin/sh\nset -e\nfor f in *.txt; do wc -l \"$f\"; done\n"
	goText     = "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"hello\")\n}\n"
)

func TestClassifyPrintsTheFilesInTheirOrder(t *testing.T) {
	dir := t.TempDir()
	var paths []string
	for name, text := range map[string]string{"a": goText, "b": shellText, "c": goText} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	for _, name := range []string{"a", "b", "c"} {
		paths = append(paths, filepath.Join(dir, name))
	}
	got := pipeline(t, "", append([]string{"classify", "--plugin", magikaFile}, paths...)...)
	require.Equal(t, 0, got.status, got.err)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	require.Len(t, lines, 3)
	for i, label := range []string{"go", "shell", "go"} {
		fields := strings.Fields(lines[i])
		require.Len(t, fields, 3, lines[i])
		require.Equal(t, []string{paths[i], label}, fields[:2])
	}
}

func TestClassifyOfStandardInputAsJSON(t *testing.T) {
	for _, files := range [][]string{nil, {"-"}} {
		got := pipeline(t, shellText, append([]string{"classify", "--plugin", magikaFile, "--top", "3", "-o", "json"}, files...)...)
		require.Equal(t, 0, got.status, got.err)
		var answer classified
		require.NoError(t, json.Unmarshal([]byte(got.out), &answer))
		require.Equal(t, "-", answer.File)
		require.Len(t, answer.Labels, 3)
		require.Equal(t, "shell", answer.Labels[0].Label)
		require.Greater(t, answer.Labels[0].Probability, float32(0.9))
	}
}

func TestClassifyGoesOnAfterAFileThatCannotBeRead(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	got := pipeline(t, shellText, "classify", "--plugin", magikaFile, missing, "-")
	require.Equal(t, 1, got.status)
	require.Equal(t, "pipeline: "+missing+": no such file or directory\n", got.err)
	require.Contains(t, got.out, "standard input  shell")
}

// A long file is classified by its ends, and refused as a whole.
func TestClassifyOfALongFile(t *testing.T) {
	long := tempFile(t, "long", append([]byte(goText), bytes.Repeat([]byte("// more\n"), 3<<20/8)...))
	got := pipeline(t, "", "classify", "--plugin", magikaFile, "--memory", "3", long)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "the input is too long: more than 3145728 bytes; raise --memory, or give --ends")
	got = pipeline(t, "", "classify", "--plugin", magikaFile, "--memory", "3", "--ends", "10000000", long)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "the input is too long: more than 3145728 bytes; raise --memory, or lower --ends")
	got = pipeline(t, "", "classify", "--plugin", magikaFile, "--memory", "3", "--ends", "4096", long)
	require.Equal(t, 0, got.status, got.err)
	require.Equal(t, "go", strings.Fields(got.out)[1])
}

func TestClassifyRefuses(t *testing.T) {
	for want, args := range map[string][]string{
		"--ends -1: expected":             {"--plugin", magikaFile, "--ends=-1"},
		"- is there twice":                {"--plugin", magikaFile, "-", "a", "-"},
		"--plugin: missing: no such file": {"--plugin", "missing"},
		"--memory":                        {"--plugin", magikaFile, "--memory", "0"},
	} {
		got := pipeline(t, "", append([]string{"classify"}, args...)...)
		require.Equal(t, 2, got.status, got.err)
		require.Contains(t, got.err, want)
	}
	got := pipeline(t, "", "classify", "--plugin", engineFile)
	require.Equal(t, 1, got.status)
	require.Contains(t, got.err, "org:inference/classification")

	got = pipeline(t, "{}", "classify", "--plugin", magikaFile, "--fuel", "1000000")
	require.Equal(t, 1, got.status)
	require.Regexp(t, `^pipeline: standard input: limit reached: .*; raise --fuel\n$`, got.err)
}

// A name of a file can have what a terminal obeys.
func TestClassifyQuotesNames(t *testing.T) {
	got := pipeline(t, "", "classify", "--plugin", magikaFile, "\x1b[31ma\nb")
	require.Equal(t, "pipeline: \"\\x1b[31ma\\nb\": no such file or directory\n", got.err)
}

// An input that does not end is given up when the context ends.
func TestClassifyEndsWhileItReads(t *testing.T) {
	in, writer := io.Pipe()
	defer writer.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	var status int
	var running sync.WaitGroup
	running.Go(func() {
		status = execute(ctx, []string{"classify", "--plugin", magikaFile}, streams{in: in, out: io.Discard, err: io.Discard})
	})
	_, err := writer.Write([]byte("x")) // which is read
	require.NoError(t, err)
	cancel(interrupted{os.Interrupt})
	running.Wait()
	require.Equal(t, 130, status)
}

func TestWhatAModelReturnsMayBeAnything(t *testing.T) {
	for _, p := range []float32{float32(math.NaN()), float32(math.Inf(1)), -1, 2} {
		_, err := scored([]classifier.Label{{Name: "a", Score: 1}, {Name: "b", Score: p}})
		require.ErrorContains(t, err, "the probability of b; expected 0 to 1")
	}
}

// The ends of an input are the same from a file and from a stream, whatever its length.
func TestReadEnds(t *testing.T) {
	for length := range 60 {
		data := make([]byte, length)
		for i := range data {
			data[i] = byte(i)
		}
		path := tempFile(t, "data", data)
		for _, ends := range []int64{1, 3, 10} {
			want := data
			if int64(length) > 2*ends {
				want = append(append([]byte{}, data[:ends]...), data[int64(length)-ends:]...)
			}
			file, err := os.Open(path)
			require.NoError(t, err)
			for _, r := range []io.Reader{file, bytes.NewReader(data), iotest.OneByteReader(bytes.NewReader(data))} {
				got, err := readEnds(r, ends, 60)
				require.NoError(t, err)
				require.Equal(t, want, got, "%d bytes, ends of %d", length, ends)
			}
			require.NoError(t, file.Close())
		}
		_, err := readEnds(bytes.NewReader(data), 0, 30)
		require.Equal(t, length > 30, err != nil, "%v", err)
	}
	_, err := readEnds(iotest.OneByteReader(bytes.NewReader(make([]byte, 100))), 50, 30)
	require.ErrorIs(t, err, errTooLong)
	_, err = readEnds(iotest.ErrReader(io.ErrUnexpectedEOF), 5, 0)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
