package compiler

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Limits are the limits of one process.
type Limits struct {
	Memory  uint64        // in bytes
	CPU     time.Duration // processor time, in whole seconds
	Timeout time.Duration // from its start to its end
}

// Result describes a process that has compiled a module.
type Result struct {
	// KernelLimits reports whether the kernel enforces the limits of memory and
	// time.
	KernelLimits bool
}

// Run compiles a module in a new process, which writes the code into dir, a private
// directory. If the context ends, Run kills the process. The process has ended when Run
// returns.
func Run(ctx context.Context, dir string, wasm []byte, limits Limits) (Result, error) {
	program, err := ownProgram()
	if err != nil {
		return Result{}, fmt.Errorf("the program's own file: %w", err)
	}
	return run(ctx, program, dir, wasm, limits)
}

func run(ctx context.Context, program, dir string, wasm []byte, limits Limits) (r Result, err error) {
	if _, is := os.LookupEnv(variable); is {
		return r, errors.New("this process was started to compile, but its main function has not called the compiler first")
	}
	limited, cancel := context.WithTimeout(ctx, limits.Timeout)
	defer cancel()
	t := task{size: len(wasm), memory: limits.Memory, cpu: limits.CPU}
	p := process{limits: limits, command: exec.CommandContext(limited, program)}
	p.command.Args = []string{"compute-pipeline-compiler"}
	p.command.Dir = dir
	p.command.Env = append([]string{
		variable + "=" + t.String(),
		fmt.Sprintf("GOMAXPROCS=%d", workers()),
		"GOTRACEBACK=none", // the message of a crash is enough
	}, neededEnvironment()...)
	p.command.SysProcAttr = attributes()
	p.command.Stderr = &p.errs
	// For a program that is no compiler, and started processes that hold our pipe.
	p.command.WaitDelay = time.Second

	// On Linux the kernel kills the child when the thread that started it ends, not
	// only the process. So this thread must not end.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := p.start(); err != nil {
		if limited.Err() != nil {
			return r, stopped(ctx, limits)
		}
		return r, fmt.Errorf("start %s: %w", program, err)
	}
	r.KernelLimits, err = p.feed(wasm)
	if err != nil {
		_ = p.command.Process.Kill() // unless it has ended
	}
	waited := p.command.Wait()
	switch {
	case err == nil && waited == nil:
		return r, nil
	case limited.Err() != nil:
		return r, stopped(ctx, limits)
	}
	return r, p.failure(err, waited)
}

// stopped is the error when the context has ended or the time is over.
func stopped(ctx context.Context, limits Limits) error {
	if ctx.Err() != nil {
		return fmt.Errorf("compiling was stopped: %w", ctx.Err())
	}
	return fmt.Errorf("%w: %v have passed", ErrTime, limits.Timeout)
}

// neededEnvironment returns the variables that a process of this system needs.
func neededEnvironment() []string {
	if root, is := os.LookupEnv("SYSTEMROOT"); is && runtime.GOOS == "windows" {
		return []string{"SYSTEMROOT=" + root}
	}
	return nil
}

// process is the host's view of a compiler.
type process struct {
	command *exec.Cmd
	limits  Limits
	in      io.WriteCloser
	out     io.Reader
	errs    firstBytes
}

func (p *process) start() (err error) {
	if p.in, err = p.command.StdinPipe(); err != nil {
		return err
	}
	if p.out, err = p.command.StdoutPipe(); err != nil {
		return err
	}
	return p.command.Start()
}

// errNoCompiler is the error of a child that does not speak the compiler's protocol.
var errNoCompiler = errors.New("the program that was started does not become a compiler: its main function must do that first")

// feed waits for the child and sends it the module. The pipe stays open: its end tells the
// child that the host is gone.
func (p *process) feed(wasm []byte) (kernelLimits bool, err error) {
	line, err := bufio.NewReaderSize(p.out, 128).ReadSlice('\n')
	if errors.Is(err, io.EOF) && len(line) == 0 {
		return false, errEnded
	}
	rest, is := strings.CutPrefix(string(line), greeting+" ")
	if err != nil || !is {
		return false, errNoCompiler
	}
	if _, err := p.in.Write(wasm); err != nil {
		return false, errEnded
	}
	return rest == "true\n", nil
}

// errEnded is the error of a child that ended early. Its status says why.
var errEnded = errors.New("it has ended without a word")

// failure returns the error that the end of the child means.
func (p *process) failure(fed, waited error) error {
	if fed != nil && !errors.Is(fed, errEnded) {
		return fed
	}
	state, text := p.command.ProcessState, p.errs.text()
	switch state.ExitCode() {
	case statusModule:
		return fmt.Errorf("%w: %s", ErrModule, text)
	case statusMemory:
		return p.tooMuch()
	case statusDirectory:
		return fmt.Errorf("%w: %s", ErrDirectory, text)
	case -1: // a signal
		if used := state.UserTime() + state.SystemTime(); used >= p.limits.CPU-time.Second/4 {
			return fmt.Errorf("%w: it has used %v", ErrCPU, p.limits.CPU)
		}
		return fmt.Errorf("%w: by the kernel, which had no memory left for it, or by hand", waited)
	}
	// Another status is the Go runtime's: 2, or 66 with the race detector.
	switch {
	case strings.Contains(text, "out of memory"), strings.Contains(text, "cannot allocate memory"):
		return p.tooMuch()
	case strings.HasPrefix(text, "panic: "):
		return fmt.Errorf("%w: the compiler fails on it: %s", ErrModule, text)
	}
	if waited == nil {
		waited = fed
	}
	if text == "" {
		return waited
	}
	return fmt.Errorf("%w: %s", waited, text)
}

func (p *process) tooMuch() error {
	return fmt.Errorf("%w: compiling needs more than %d MiB", ErrMemory, p.limits.Memory>>20)
}

// maxText is the max number of bytes kept of the child's standard error.
const maxText = 4 << 10

// firstBytes keeps the first bytes that are written to it.
type firstBytes struct {
	kept []byte
	cut  bool
}

func (f *firstBytes) Write(b []byte) (int, error) {
	n := min(len(b), maxText-len(f.kept))
	f.kept = append(f.kept, b[:n]...)
	f.cut = f.cut || n < len(b)
	return len(b), nil
}

// text returns the kept bytes, cut at a character boundary.
func (f *firstBytes) text() string {
	text := strings.ToValidUTF8(string(bytes.TrimSpace(f.kept)), "")
	if f.cut {
		text += " ... (cut)"
	}
	return text
}
