package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"

	"example.org/compute-pipeline/bench/baseline/ratios"
	"example.org/compute-pipeline/bench/measure"
	"example.org/compute-pipeline/bench/peer"
)

// results are everything that a run has measured.
type results struct {
	Machine string
	// When is the date of the run, and Load the load average before it.
	When, Load string
	Plan       plan
	// Left are the peers that were not built.
	Left   []string
	Tables []table
	Starts []start
	Longer []longer
	Wider  []wider
	// Engine are the library's own benchmarks, and Lists those of bench/wazy.
	Engine, Lists ratios.Results
	// Texts is the table that bench/json prints of texts of some kinds.
	Texts string
	// Wasm is the size of the embedded engine.
	Wasm int64
	// Run and Serve are what bench/run and bench/serve have measured, if they were run.
	Run, Serve measure.Outcome `json:"-"`
}

// plan is what is measured how often.
type plan struct {
	// Aggregates and Parses are the numbers of points of both kinds of work.
	Aggregates, Parses                                     []int
	Rounds, Runs, Starts, LongestList, LongRounds, Plugins int
	// Calls is the -benchtime of the library's benchmarks that have no counterpart. Those that have
	// one take turns with it in one call of the benchmark.
	Calls string
	// TextKinds are the kinds of texts of bench/json.
	TextKinds string
	// Benchmarks are those that are run.
	Benchmarks string
}

// alone are the library's benchmarks without a counterpart.
const alone = "^Benchmark(New|Instance)$"

var (
	full = plan{
		Aggregates: []int{1, 100, 10_000, 1_000_000}, Parses: []int{1, 100, 10_000, 100_000},
		Rounds: 11, Runs: 3, Starts: 5, LongestList: 100_000_000, LongRounds: 5, Plugins: 64, Calls: "20x", Benchmarks: ".",
		TextKinds: "^(usual|indented|constant fields|three fields change|strings with escapes), (1 decimal|17 digits|short exponents)$",
	}
	// short is for trying the program.
	short = plan{
		Aggregates: []int{1, 1000}, Parses: []int{1, 1000},
		Rounds: 2, Runs: 1, Starts: 1, LongestList: 100_000, LongRounds: 2, Plugins: 4, Calls: "1x", TextKinds: "^usual, an integer$", Benchmarks: "Fold/2048|Checksum|Parts/(8192|100000)",
	}
)

// longest is the last of the sizes.
func longest(sizes []int) int { return sizes[len(sizes)-1] }

func (r *results) measure(root string, all []opened, files peer.Files) error {
	for _, parse := range []bool{false, true} {
		sizes := r.Plan.Aggregates
		if parse {
			sizes = r.Plan.Parses
		}
		for _, n := range sizes {
			progress("comparing %s of %d points", map[bool]string{false: "aggregates", true: "JSON"}[parse], n)
			t, err := compare(all, parse, n, r.Plan.Rounds, r.Plan.Runs)
			if err != nil {
				return err
			}
			r.Tables = append(r.Tables, t)
		}
	}
	err := closeAll(all)
	if err != nil {
		return err
	}
	progress("comparing JSON of other kinds")
	r.Texts = texts(root, r.Plan.TextKinds)
	progress("measuring starts, %d rounds", r.Plan.Starts)
	if r.Starts, err = measureStarts(all, files, r.Plan.Starts); err != nil {
		return err
	}
	progress("measuring up to %d plugins", r.Plan.Plugins)
	if r.Wider, err = measureWider(files.Cache, r.Plan.Plugins, r.Plan.LongRounds); err != nil {
		return err
	}
	progress("measuring lists of up to %d points", r.Plan.LongestList)
	if r.Longer, err = measureLonger(r.Plan.LongestList, r.Plan.LongRounds); err != nil {
		return err
	}
	debug.FreeOSMemory()
	progress("running the library's benchmarks")
	r.Engine = benchmarks(root, "./gohost", r.Plan.Benchmarks, "1x", "-skip", alone)
	maps.Copy(r.Engine, benchmarks(root, "./gohost", alone, r.Plan.Calls))
	maps.Copy(r.Engine, benchmarks(root, "./tests/metering", "Overshoot", r.Plan.Calls))
	// A cold start takes long: few of them, whose median counts.
	maps.Copy(r.Engine, benchmarks(root, "./gohost/internal/prepare", "^BenchmarkFirstUse", "1x", "-count", "7"))
	r.Lists = benchmarks(filepath.Join(root, "bench"), "./wazy", ".", "1x")
	info, err := os.Stat(filepath.Join(root, "gohost/engine.wasm"))
	if err != nil {
		return err
	}
	r.Wasm = info.Size()
	return nil
}

// benchmarks runs those of a package. What fails is told, and lacks in the document: the run before
// it took minutes.
func benchmarks(dir, pkg, pattern, calls string, flags ...string) ratios.Results {
	arguments := append([]string{"test", "-run", "^$", "-timeout", "30m", "-bench", pattern, "-benchtime", calls}, flags...)
	cmd := exec.Command("go", append(arguments, pkg)...)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = os.Environ()
	if filepath.Base(dir) != "bench" {
		// The library's tests are run in the workspace, unlike this program.
		cmd.Env = slices.DeleteFunc(cmd.Env, func(v string) bool { return strings.HasPrefix(v, "GOWORK=") })
	}
	out, err := cmd.Output()
	found, _, readErr := ratios.Read(bytes.NewReader(out), os.Stderr)
	if err := errors.Join(err, readErr); err != nil {
		progress("benchmarks of %s: %v", pkg, err)
	}
	return found
}

// texts returns what bench/json prints, or nothing.
func texts(root, kinds string) string {
	cmd := exec.Command("go", "run", "./json", "-bytes", "2000000", "-rounds", "7", "-kinds", kinds)
	cmd.Dir, cmd.Stderr = filepath.Join(root, "bench"), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		progress("bench/json: %v", err)
		return ""
	}
	return string(out)
}

func load(path string) (results, error) {
	var r results
	data, err := os.ReadFile(path)
	if err != nil {
		return r, err
	}
	err = json.Unmarshal(data, &r)
	return r, err
}

//go:embed go.mod
var goModules string

//go:embed wasmtime/Cargo.toml
var wasmtimeCrate string

// versions returns the version of each module: what a plugin alone needs is not linked here.
func versions() map[string]string {
	found := make(map[string]string)
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+) (v\S+)`).FindAllStringSubmatch(goModules, -1) {
		found[m[1]] = m[2]
	}
	if m := regexp.MustCompile(`(?m)^wasmtime = .*"=([^"]+)"`).FindStringSubmatch(wasmtimeCrate); m != nil {
		found[peer.WasmtimeCrate] = m[1]
	}
	return found
}

// call returns the time of a call of one of the library's benchmarks, in nanoseconds, and what it
// works through in MB/s, or 0.
func (r *results) call(name string) (ns, throughput float64) {
	mean, _ := r.Engine.Value(name, "ns/op")
	ns, ok := r.Engine.Value(name, "median-ns")
	if !ok {
		ns = mean
	}
	// Go divides by the mean.
	throughput, _ = r.Engine.Value(name, "MB/s")
	if ns > 0 {
		throughput *= mean / ns
	}
	return ns, throughput
}

// table returns the timings of one kind of work.
func (r *results) table(parse bool, n int) table {
	for _, t := range r.Tables {
		if t.Parse == parse && t.N == n {
			return t
		}
	}
	return table{}
}

// of returns what was measured of a peer.
func of(timings []measure.Timing, name string) (measure.Timing, bool) {
	for _, t := range timings {
		if t.Name == name {
			return t, true
		}
	}
	return measure.Timing{}, false
}
