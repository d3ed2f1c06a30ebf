package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/matrix/job"
	"example.org/compute-pipeline/gohost"
)

const root = "../../.."

// All ways give the same bits, in every runtime where `make typescript` has built the package.
func TestAllWaysAnswerTheSame(t *testing.T) {
	everywhere := os.Getenv("COMPUTE_PIPELINE_EVERYWHERE") != ""
	e, err := prepare(t.Context(), root, t.TempDir(), 3000)
	require.NoError(t, err)
	e.repeats = 2 // the fewest with times
	ways, servers := waysInGo(e), serversInGo(e)
	if everywhere {
		ways, servers = append(ways, waysElsewhere(e)...), append(servers, serversElsewhere(e)...)
	}
	measured, err := e.measure(t.Context(), ways, 1)
	require.NoError(t, err)
	require.NoError(t, e.measureEdge(t.Context(), servers, 1, measured))
	require.NoError(t, sameBits(measured))
	require.Len(t, measured, len(ways)+len(servers))
	for id, r := range measured {
		assert.Equal(t, 3000, r.Answer.Points, id)
		assert.Positive(t, r.Start, id)
		assert.Positive(t, r.Gzip, id)
		assert.Greater(t, r.Size, r.Gzip, id)
		assert.NotEmpty(t, r.Steps, id)
		for step, ns := range r.Steps {
			assert.Positive(t, ns, "%s: %s", id, step)
		}
	}
	for _, s := range servers {
		running, err := s.start(t.Context(), "http://127.0.0.1:1/no-source")
		require.NoError(t, err, s.id)
		_, err = running.ask(t.Context())
		assert.ErrorContains(t, err, "502", s.id)
		assert.NoError(t, running.stop())
	}
	if everywhere {
		text, err := render(measured, machine{Points: 3000, Rounds: 1, Versions: e.versions(t.Context())})
		require.NoError(t, err)
		assert.NotContains(t, text, "no value")
		assert.NotContains(t, text, "unknown version")
	}
}

func TestTimestampsInNanoseconds(t *testing.T) {
	if os.Getenv("COMPUTE_PIPELINE_EVERYWHERE") == "" {
		t.Skip("COMPUTE_PIPELINE_EVERYWHERE is not set")
	}
	file := filepath.Join(t.TempDir(), "data.json")
	require.NoError(t, os.WriteFile(file, []byte("[[1262304000000000001, 1.5], [1262304000000000002, 2]]"), 0o600))
	for _, program := range []string{"../compute/compute.js", "../stream/stream.js"} {
		out, err := exec.Command("node", program, file).CombinedOutput()
		require.NoError(t, err, string(out))
		var answer job.Answer
		require.NoError(t, json.Unmarshal(out, &answer), program)
		assert.Equal(t, 2, answer.Points, program)
		assert.Equal(t, 3.5, answer.Sum, program)
	}
}

// The workers do not wait for ever for a source, at its beginning or within.
func TestSourcesThatHang(t *testing.T) {
	if os.Getenv("COMPUTE_PIPELINE_EVERYWHERE") == "" {
		t.Skip("COMPUTE_PIPELINE_EVERYWHERE is not set")
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/half" {
			_, _ = w.Write([]byte("[[1, 1]"))
			w.(http.Flusher).Flush()
		}
		<-r.Context().Done()
	}))
	defer server.Close()
	for _, source := range []string{"/never", "/half"} {
		program := `import { open } from "./handler.js";
			try { console.log(await new Response(await open(process.argv[1], 100)).text()); } catch (error) { console.log(error.name); }`
		command := exec.Command("node", "--input-type=module", "--eval", program, server.URL+source)
		command.Dir = "../edge"
		out, err := command.CombinedOutput()
		require.NoError(t, err, string(out))
		assert.Equal(t, "TimeoutError\n", string(out), source)
	}
}

func TestTheGeneratedPartsAreTheWhole(t *testing.T) {
	for _, n := range []int{parts, 10, 4001} {
		dir := t.TempDir()
		require.NoError(t, generate(dir, n))
		read := func(name string) (points []gohost.Datapoint) {
			text, err := os.ReadFile(filepath.Join(dir, name))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(text, &points))
			return points
		}
		var all []gohost.Datapoint
		for i := range parts {
			part := read(partName(i))
			assert.NotEmpty(t, part)
			all = append(all, part...)
		}
		assert.Len(t, all, n)
		assert.Equal(t, read("points.json"), all)
	}
}

func TestAnotherBitIsAnError(t *testing.T) {
	answer := job.Answer{Points: 2, Mean: 1, Variance: 2, Sum: 3}
	other := answer
	other.Sum = 3.0000000000000004
	measured := map[string]*result{"compute/go": {Answer: answer}, "plain": {Answer: other}}
	assert.NoError(t, sameBits(measured))
	measured["exact"] = &result{Answer: other, exact: true}
	assert.ErrorContains(t, sameBits(measured), "exact: ")
	measured["exact"] = &result{Answer: job.Answer{Points: 1}}
	assert.ErrorContains(t, sameBits(measured), "1 points")
	assert.Error(t, sameBits(nil))
	assert.EqualValues(t, 1, apart(3, other.Sum))
	assert.EqualValues(t, 1, apart(other.Sum, 3))
}

func TestMissingResults(t *testing.T) {
	_, err := render(map[string]*result{}, machine{Points: 1})
	assert.ErrorContains(t, err, "was not measured")
	_, err = render(map[string]*result{"compute/go": {}, "compute/go-plain": {}}, machine{Points: 1})
	assert.ErrorContains(t, err, "no step")
}

func TestNumbers(t *testing.T) {
	for want, got := range map[string]string{
		"0.26 ns":   duration(0.2555),
		"7 ns":      duration(7),
		"95 ns":     duration(95.4),
		"100 ns":    duration(99.6),
		"456 ns":    duration(456),
		"1.2 µs":    duration(1234),
		"3.9 ms":    duration(3.9e6),
		"1,235 ms":  duration(1234.567e6),
		"1.5 KiB":   kib(1536),
		"7.3 MiB":   kib(7_654_321),
		"1,234,567": grouped(1_234_567),
		"999":       grouped(999),
	} {
		assert.Equal(t, want, got)
	}
}

func TestFiguresAreReplaced(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	require.NoError(t, os.WriteFile(page, []byte("before\n"+beginFigures+"old\n"+endFigures+"after\n"), 0o600))
	require.NoError(t, replaceFigures(page, "new\n"))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Equal(t, "before\n"+beginFigures+"new\n"+endFigures+"after\n", string(text))
	require.NoError(t, os.WriteFile(page, []byte("before\n"), 0o600))
	assert.ErrorContains(t, replaceFigures(page, "new\n"), "no marks")
	assert.ErrorContains(t, run(t.Context(), []string{"-out", page}), "no marks", "before anything is measured")
}

// The page names all examples and all rows of the figures, and its commands exist.
func TestThePageIsOfTheExamples(t *testing.T) {
	read, err := os.ReadFile(filepath.Join(root, "docs/choosing.md"))
	require.NoError(t, err)
	page := string(read)

	directories, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, d := range directories {
		if name := d.Name(); d.IsDir() && name != "job" && name != "measure" {
			assert.Contains(t, page, "(../examples/matrix/"+name+")")
			assert.Contains(t, page, "`go run ./examples/matrix/"+name)
		}
	}
	commands := regexp.MustCompile("`(?:go run|node) (?:\\./)?(examples/[a-z./]+)").FindAllStringSubmatch(page, -1)
	assert.Len(t, commands, 7)
	for _, command := range commands {
		_, err := os.Stat(filepath.Join(root, command[1]))
		assert.NoError(t, err)
	}

	rows := 0
	for line := range strings.Lines(figures) {
		if cells := strings.SplitN(line, "|", 3); len(cells) == 3 && cells[0] == "" && !strings.Contains(cells[1], "{{") {
			assert.Contains(t, page, "\n|"+cells[1]+"|", "write it anew: make matrix")
			rows++
		}
	}
	assert.Greater(t, rows, 20)
}
