package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// An environment is what is built and generated.
type environment struct {
	root string // of the repository
	dir  string // for programs, data and caches
	// small and large are the files of points.
	small, large string
	// repeats is how often a process repeats each step, of which it returns the median.
	repeats int
}

// prepare builds the Go examples, without symbols, as they would be shipped, and generates the
// large file.
func prepare(ctx context.Context, root, dir string, points int) (e *environment, err error) {
	e = &environment{dir: dir, repeats: 5, large: filepath.Join(dir, "points.json")}
	if e.root, err = filepath.Abs(root); err != nil {
		return nil, err
	}
	e.small = e.path("examples/data/seattle-temps-2010.json")
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w", "-o", dir+string(filepath.Separator),
		"./examples/matrix/compute", "./examples/matrix/edge", "./examples/matrix/page", "./examples/matrix/stream", "./examples/matrix/untrusted")
	cmd.Dir = e.root
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("%w: %s", err, out)
	}
	return e, generate(dir, points)
}

// path returns a path of the repository.
func (e *environment) path(name string) string { return filepath.Join(e.root, name) }

// program returns what was built.
func (e *environment) program(name string) string { return filepath.Join(e.dir, name) }

// workerd returns npm's program.
func (e *environment) workerd() string {
	found, _ := filepath.Glob(e.path("hosts/typescript/node_modules/@cloudflare/workerd-*/bin/workerd")) // the pattern is right
	if len(found) == 0 {
		return "workerd"
	}
	return found[0]
}

// javascript returns an example's files with those of the package and the engine.
func (e *environment) javascript(files ...string) []string {
	found, _ := filepath.Glob(e.path("hosts/typescript/dist/*.js")) // the pattern is right
	for _, file := range found {
		if filepath.Base(file) != "component.js" {
			files = append(files, file)
		}
	}
	return append(files, e.path("hosts/typescript/dist/engine.wasm"))
}

// sizes returns the bytes of files, as they are and each compressed with gzip.
func sizes(files []string) (size, compressed int64, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return 0, 0, err
		}
		var counted bytes.Buffer
		w := gzip.NewWriter(&counted)
		if _, err := w.Write(text); err != nil {
			return 0, 0, err
		}
		if err := w.Close(); err != nil {
			return 0, 0, err
		}
		size += int64(len(text))
		compressed += int64(counted.Len())
	}
	return size, compressed, nil
}

// versions returns those of the runtimes.
func (e *environment) versions(ctx context.Context) string {
	versions := []string{strings.Replace(runtime.Version(), "go", "Go ", 1)}
	for _, r := range []struct{ name, program string }{{"Node", "node"}, {"workerd", e.workerd()}, {"Chromium", "chromium"}} {
		out, err := exec.CommandContext(ctx, r.program, "--version").Output()
		number := regexp.MustCompile(`\d[\d.-]*`).FindString(string(out))
		if err != nil || number == "" {
			number = "of an unknown version"
		}
		versions = append(versions, r.name+" "+number)
	}
	return strings.Join(versions, ", ")
}

// processor returns the name and number of processors.
func processor() string {
	name := runtime.GOARCH
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := regexp.MustCompile(`model name\s*: (.*)`).FindSubmatch(text); found != nil {
			name = string(found[1])
		}
	}
	return fmt.Sprintf("%s, %d processors, %s", name, runtime.NumCPU(), runtime.GOOS)
}

// load returns the load average of the last minute.
func load() string {
	file, err := os.Open("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	defer file.Close()
	text, _ := io.ReadAll(file)
	average, _, _ := strings.Cut(string(text), " ")
	return average
}
