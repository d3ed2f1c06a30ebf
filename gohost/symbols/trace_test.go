package symbols

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// placesTargets are for traces of places.wasm.
func placesTargets(t testing.TB) Targets {
	t.Helper()
	s, code := readPlaces(t, 4)
	path, err := s.Path(code.ID)
	require.NoError(t, err)
	return Targets{File: []Target{{Code: code, Path: path}}, Host: s.PathOf}
}

// Each file in testdata/traces has the trace of a runtime, as the runtime wrote it when
// places.wasm divided by 0, but for names of hosts and the parts in braces; and what is added.
func TestTracesOfAllRuntimes(t *testing.T) {
	targets := placesTargets(t)
	files, err := filepath.Glob(filepath.Join("testdata", "traces", "*.txt"))
	require.NoError(t, err)
	require.Len(t, files, 9)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			want := string(text)
			for marker, place := range map[string]string{
				"{division}": place(t, "// the division", 12), "{divide}": place(t, "// the calls of divide", 10),
				"{twice}": place(t, "// the call of twice", 10), "{work}": place(t, "// the call of work", 10),
				"{begin run}": place(t, `((export_name("run")))`, 0), "{begin work}": place(t, "static int work(", 0),
				"{id}": targets.File[0].Code.ID.Short(),
			} {
				want = strings.ReplaceAll(want, marker, place)
			}
			var trace strings.Builder
			for line := range strings.Lines(want) {
				if !strings.HasPrefix(line, "\t\t") {
					trace.WriteString(line)
				}
			}
			var got bytes.Buffer
			summary, err := targets.Annotate(&got, strings.NewReader(trace.String()))
			require.NoError(t, err)
			require.NoError(t, summary.Mismatch)
			assert.Equal(t, want, got.String())
			assert.Equal(t, summary.Frames, summary.Resolved)
		})
	}
}

// A compiler may give the declarations of locals, with which a body begins, no line.
func TestFunctionsWhoseFirstByteHasNoLine(t *testing.T) {
	for want, lines := range map[string]struct{ begin, moved byte }{
		"wasm-function[1]\n\t\twork, which begins at " + place(t, "static int work(", 0) + "\n": {0x19, 0x1a},
		"wasm-function[1]\n\t\twork\n": {0x19, 0x70}, // its lines are elsewhere
		"wasm-function[0]\n\t\trun\n":  {0x02, 0x60}, // and it is so short that the next is near
	} {
		wasm := places(t, 4)
		start := []byte{0, 5, 2, lines.begin, 0, 0, 0}
		require.Equal(t, 1, bytes.Count(wasm, start))
		wasm[bytes.Index(wasm, start)+3] = lines.moved
		s, err := Read(wasm)
		require.NoError(t, err)
		targets := placesTargets(t)
		targets.File[0].Path, err = s.Path(targets.File[0].Code.ID)
		require.NoError(t, err)
		var out bytes.Buffer
		_, err = targets.Annotate(&out, strings.NewReader(want[:len("wasm-function[1]\n")]))
		require.NoError(t, err)
		assert.Equal(t, want, out.String())
	}
}

func TestFramesThatDoNotFit(t *testing.T) {
	targets := placesTargets(t)
	start := targets.File[0].Code.Start
	at := func(offset uint64) string { return fmt.Sprintf("%#x", offset+start) }
	for name, frame := range map[string]string{
		"another function":          "at wasm://wasm/1:wasm-function[2]:" + at(division),
		"no code":                   "at wasm://wasm/1:wasm-function[1]:" + at(5000),
		"in front of the code":      "at wasm://wasm/1:wasm-function[0]:0x3",
		"the number of functions":   "at wasm://wasm/1:wasm-function[0]:" + at(0),
		"more than 64 bits":         "at wasm://wasm/1:wasm-function[0]:0x10000000000000059",
		"behind the functions":      "at wasm://wasm/1:wasm-function[2]",
		"far behind the functions":  "work@https://host/places.wasm:wasm-function[999]",
		"more than 32 bits":         "wasm-function[99999999999]:0x1",
		"other parameters":          "places.wasm.work(i32) i32",
		"another result":            "places.wasm.work(i32,i32) i64",
		"more results":              "places.wasm.work(i32,i32) (i32,i64)",
		"no result":                 "places.wasm.work(i32,i32)",
		"vectors":                   "places.wasm.work(unknown,i32) i32",
		"another name":              "    0:  " + at(division) + " - places.wasm!run",
		"no code in Wasmtime":       "    0:  0x1 - places.wasm!run",
		"code of another build":     ".work(i32,i32) i32\n\t0x55: code 0123456789ab",
		"code of another build too": "places.wasm.work(i32,i32) i32\n\t\t0x55: code 0123456789ab",
	} {
		var out bytes.Buffer
		summary, err := targets.Annotate(&out, strings.NewReader(frame))
		require.NoError(t, err, name)
		require.ErrorIs(t, summary.Mismatch, ErrMismatch, name)
		assert.Equal(t, 1, summary.Frames, name)
		assert.Zero(t, summary.Resolved, name)
		assert.NotContains(t, out.String(), "places.c", name)
		assert.Contains(t, out.String(), "another build", name)
	}
}

// Of two modules with functions of one name, as an engine and a plugin have, the types tell.
func TestFunctionsOfOneNameAreToldApartByTypes(t *testing.T) {
	targets := placesTargets(t)
	other := targets.File[0]
	other.Code.signatures = []string{"(i64)"}
	targets.File = append([]Target{other}, targets.File...)
	var out bytes.Buffer
	summary, err := targets.Annotate(&out, strings.NewReader("places.wasm.work(i32,i32) i32\n"))
	require.NoError(t, err)
	assert.Equal(t, Summary{Frames: 1, Resolved: 1}, summary)
	assert.Contains(t, out.String(), "work, which begins at ")
}

func TestSignatures(t *testing.T) {
	types := []byte{3, 0x60, 0, 0, 0x60, 2, 0x7f, 0x6f, 1, 0x7b, 0x60, 1, 0x70, 2, 0x7e, 0x7c}
	assert.Equal(t, []string{"()", "(i32,externref) unknown", "(unknown) (i64,f64)"}, signatures(types))
	for end := range types {
		assert.Empty(t, signatures(types[:end]), end)
	}
	assert.Empty(t, signatures([]byte{1, 0x50, 0, 0x60, 0, 0}), "a type that may have subtypes")
	assert.Empty(t, signatures([]byte{1, 0x60, 2, 0x63, 0, 0}), "a reference to a type of the module")

	code := Code{imported: 1, signatures: []string{"()", "(i32)"}, types: typesOfFunctions([]byte{3, 1, 0, 2})}
	for function, want := range map[uint32]string{0: "", 1: "(i32)", 2: "()", 3: "", 4: ""} {
		assert.Equal(t, want, code.Signature(function), function)
	}
	assert.Empty(t, typesOfFunctions([]byte{3, 1, 0}))
}

func TestTextThatIsNoTrace(t *testing.T) {
	targets := placesTargets(t)
	for _, text := range []string{
		"", "\n", "hello", "no newline at the end", "main.work(0x1, 0x2)\n\t/src/main.go:12 +0x1d\n",
		"main.run()\n\t/src/main.go:12 +0x1d\n", "main.work(...)\n\t/src/main.go:12\n", // of a Go program, with functions of these names
		"\t0x55: code 0123456789ab\n",                            // no frame in front of it
		strings.Repeat("x", 3*maxLine) + "wasm-function[1]:0x55", // a line that is not looked at
		"panic: f.unknown(i32)\n", ".unknown(i32)\n",
	} {
		var out bytes.Buffer
		summary, err := targets.Annotate(&out, strings.NewReader(text))
		require.NoError(t, err)
		assert.Equal(t, Summary{}, summary, "%.50q", text)
		assert.Equal(t, text, strings.TrimSuffix(out.String(), "\n")+strings.Repeat("\n", strings.Count(text, "\n")-strings.Count(strings.TrimSuffix(out.String(), "\n"), "\n")))
	}
}

// A trace of 100 MB takes no more memory than a short one.
func TestAnEndlessTraceIsAStream(t *testing.T) {
	targets := placesTargets(t)
	frame := fmt.Sprintf("    at wasm://wasm/1:wasm-function[1]:%#x\n", division+targets.File[0].Code.Start)
	const frames = 20_000 // 860 KB
	in := &watched{Reader: strings.NewReader(strings.Repeat(frame, frames))}
	summary, err := targets.Annotate(in, in)
	require.NoError(t, err)
	assert.Equal(t, Summary{Frames: frames, Resolved: frames}, summary)
	assert.Less(t, in.ahead, 3*maxLine, "the trace is not kept")
}

// watched measures how much is read before it is written.
type watched struct {
	io.Reader
	read, written, ahead int
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p[:min(len(p), 512)])
	w.read += n
	w.ahead = max(w.ahead, w.read-w.written)
	return n, err
}

func (w *watched) Write(p []byte) (int, error) {
	w.written += len(p)
	return len(p), nil
}

// A program that still runs may write its next line much later, or never.
func TestWhatHasArrivedIsShown(t *testing.T) {
	targets := placesTargets(t)
	frame := fmt.Sprintf("    at wasm://wasm/1:wasm-function[1]:%#x\n", division+targets.File[0].Code.Start)
	var out bytes.Buffer
	failure := errors.New("no more")
	_, err := targets.Annotate(&out, io.MultiReader(strings.NewReader("first\n"), strings.NewReader(frame), readerFunc(func([]byte) (int, error) {
		assert.Equal(t, 1, strings.Count(out.String(), "first\n"+frame))
		assert.Contains(t, out.String(), "divide at ")
		return 0, failure
	})))
	require.ErrorIs(t, err, failure)
	out.Reset()
	_, err = targets.Annotate(&out, io.MultiReader(strings.NewReader("half a line"), iotest.ErrReader(failure)))
	require.ErrorIs(t, err, failure)
	assert.Equal(t, "half a line", out.String())
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestErrorsOfStreams(t *testing.T) {
	targets := placesTargets(t)
	failure := errors.New("no more")
	_, err := targets.Annotate(io.Discard, iotest.ErrReader(failure))
	require.ErrorIs(t, err, failure)
	full := writerFunc(func([]byte) (int, error) { return 0, failure })
	_, err = targets.Annotate(full, strings.NewReader("text"))
	require.ErrorIs(t, err, failure)
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func FuzzAnnotate(f *testing.F) {
	files, err := filepath.Glob(filepath.Join("testdata", "traces", "*.txt"))
	require.NoError(f, err)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(f, err)
		f.Add(string(text))
	}
	targets := placesTargets(f)
	f.Fuzz(func(t *testing.T, trace string) {
		var out bytes.Buffer
		summary, err := targets.Annotate(&out, strings.NewReader(trace))
		require.NoError(t, err)
		assert.LessOrEqual(t, summary.Resolved, summary.Frames)
	})
}
