package peer

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"example.org/compute-pipeline/bench/work"
)

// rust is a program in Rust that calls the engine in Wasmtime. It measures its calls itself,
// when it is told to.
type rust struct {
	program, kind, module string
	dir                   string
	first                 *rustProcess
}

func (r *rust) Close() error { return os.RemoveAll(r.dir) }

func (r *rust) Service() (Service, error) {
	cmd := exec.Command(r.program, r.kind, r.module)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(r.dir, "process")
	if err != nil {
		return nil, err
	}
	p := &rustProcess{cmd: cmd, in: in, out: bufio.NewReader(out), dir: dir}
	if r.first == nil {
		r.first = p
	}
	return p, cmd.Start()
}

// Grow starts instances in the first process.
func (r *rust) Grow(points []work.Point, n int) error {
	file, err := r.first.file(work.Bytes(points))
	if err != nil {
		return err
	}
	_, err = r.first.ask("grow %d %s", n, file)
	return err
}

type rustProcess struct {
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
	dir string
	// data is what the file holds, by its first byte and length.
	data *byte
	size int
}

func (p *rustProcess) Close() error { return errors.Join(p.in.Close(), p.cmd.Wait()) }

func (p *rustProcess) ask(format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(p.in, format+"\n", args...); err != nil {
		return "", err
	}
	line, err := p.out.ReadString('\n')
	return strings.TrimSpace(line), err
}

// file writes data to a file, unless it is there already.
func (p *rustProcess) file(data []byte) (string, error) {
	path := filepath.Join(p.dir, "input")
	if p.data == &data[0] && p.size == len(data) {
		return path, nil
	}
	p.data, p.size = &data[0], len(data)
	return path, os.WriteFile(path, data, 0o600)
}

func (p *rustProcess) aggregate(points []work.Point, calls int) (work.Moments, time.Duration, error) {
	file, err := p.file(work.Bytes(points))
	if err != nil {
		return work.Moments{}, 0, err
	}
	answer, err := p.ask("aggregate %s %d", file, calls)
	if err != nil {
		return work.Moments{}, 0, err
	}
	var took time.Duration
	var mean, variance, sum uint64
	_, err = fmt.Sscan(answer, &took, &mean, &variance, &sum)
	f := math.Float64frombits
	return work.Moments{Mean: f(mean), Variance: f(variance), Sum: f(sum)}, took, err
}

func (p *rustProcess) parse(text []byte, calls int) (out string, took time.Duration, err error) {
	file, err := p.file(text)
	if err != nil {
		return "", 0, err
	}
	out = filepath.Join(p.dir, "output")
	answer, err := p.ask("parse %s %d %s", file, calls, out)
	if err != nil {
		return "", 0, err
	}
	_, err = fmt.Sscan(answer, &took)
	return out, took, err
}

func (p *rustProcess) Aggregate(_ context.Context, points []work.Point) (work.Moments, error) {
	moments, _, err := p.aggregate(points, 1)
	return moments, err
}

func (p *rustProcess) Parse(_ context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	out, _, err := p.parse(text, 1)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(out)
	return work.AppendPoints(dst, data), err
}

// TimeAggregate and TimeParse make calls that the program measures.
func (p *rustProcess) TimeAggregate(points []work.Point, calls int) (time.Duration, error) {
	_, took, err := p.aggregate(points, calls)
	return took, err
}

func (p *rustProcess) TimeParse(text []byte, calls int) (time.Duration, error) {
	_, took, err := p.parse(text, calls)
	return took, err
}

// WasmtimeCrate is where the version of Wasmtime in Rust comes from.
const WasmtimeCrate = "wasmtime"

// Wasmtime is the engine in Wasmtime, called from Rust.
func Wasmtime() []Peer {
	peer := func(kind, how string, module func(Files) string) Peer {
		return Peer{
			Name: "Wasmtime in Rust, " + kind, How: how + "; unmetered, measured in a program in Rust by itself", Exact: true,
			Aggregates: true, Parses: true, Sandboxed: true, Module: WasmtimeCrate,
			Open: func(f Files) (Host, error) {
				if _, err := os.Stat(f.Wasmtime); err != nil {
					return nil, err
				}
				dir, err := os.MkdirTemp("", "bench-wasmtime")
				return &rust{program: f.Wasmtime, kind: kind, module: module(f), dir: dir}, err
			},
		}
	}
	return []Peer{
		peer("component", "the component, by `bindgen!`", func(f Files) string { return f.Component }),
		peer("core", "the core module, lowered and lifted by hand", func(f Files) string { return f.Core }),
	}
}
