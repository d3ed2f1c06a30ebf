package tests

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/wit"
)

// Files and programs, from the directory of this package.
const (
	componentPath = "../dist/compute-pipeline.component.wasm"
	corePath      = "../dist/compute-pipeline.core.wasm"
	vectorsDir    = "vectors"
)

// runnerEnv are the variables with the runners in Rust that were built already.
var runnerEnv = map[string]string{
	"wasmtime": "COMPUTE_PIPELINE_RUNNER",
	"wasmi":    "COMPUTE_PIPELINE_WASMI_RUNNER",
	"native":   "COMPUTE_PIPELINE_NATIVE_RUNNER",
}

// process is a runner: a runtime in a process of its own that answers each line of JSON
// with a line of JSON, as README.md defines.
type process struct {
	command *exec.Cmd
	stdin   io.WriteCloser
	stdout  io.Reader
	answers *json.Decoder
	stderr  bytes.Buffer
	// version is the runtime and its version.
	version string
}

// startProcess starts a runner, and introduces the types of the functions to it.
func startProcess(command *exec.Cmd, functions map[string]vectors.Function) (*process, error) {
	p := &process{command: command}
	command.Stderr = &p.stderr
	stdin, err := command.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	p.stdin, p.stdout = stdin, stdout
	p.answers = json.NewDecoder(stdout)
	p.answers.UseNumber()
	var head struct{ Runtime, Version string }
	if err := p.ask(map[string]any{"functions": functions}, &head); err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.version = head.Runtime + " " + head.Version
	return p, nil
}

// ask writes a request and reads its answer. After an error, only close is left.
func (p *process) ask(request, answer any) error {
	line, err := json.Marshal(request)
	if err != nil {
		return err
	}
	_, writing := p.stdin.Write(append(line, '\n'))
	if err := errors.Join(p.answers.Decode(answer), writing); err != nil {
		return fmt.Errorf("%w; the request was %.200s", err, line)
	}
	return nil
}

// close ends the runner's input and waits for its end.
func (p *process) close() error {
	closing := p.stdin.Close()
	more, reading := io.ReadAll(io.MultiReader(p.answers.Buffered(), p.stdout))
	if more := bytes.TrimSpace(more); reading == nil && len(more) > 0 {
		reading = fmt.Errorf("the runner says more than it was asked: %.200s", more)
	}
	if err := p.command.Wait(); err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(p.command.Args, " "), err, p.stderr.String())
	}
	return errors.Join(closing, reading)
}

// runTyped runs every case on a runner that calls functions with values of WIT.
func runTyped(command *exec.Cmd, v *vectors.File) (version string, results map[string]result, err error) {
	p, err := startProcess(command, v.Functions)
	if err != nil {
		return "", nil, err
	}
	results, err = runOnRunner(p, v)
	return p.version, results, errors.Join(err, p.close())
}

// runOnRunner runs every case on whatever answers requests.
func runOnRunner(runner interface {
	ask(request, answer any) error
}, v *vectors.File,
) (map[string]result, error) {
	results := make(map[string]result, len(v.Cases))
	for _, c := range v.Cases {
		r, err := c.Run(func(function string, args []any) (any, error) {
			return call(runner, v.Functions[function], function, args)
		})
		var trap *gohost.TrapError
		var refused refusal
		switch {
		case errors.As(err, &trap):
			results[c.ID] = result{Result: vectors.Result{Trap: &trap.Message}}
		case errors.As(err, &refused):
			message := string(refused)
			results[c.ID] = result{Refused: &message}
		case err != nil:
			return nil, fmt.Errorf("%s: %w", c.ID, err)
		default:
			results[c.ID] = result{Result: r}
		}
	}
	return results, nil
}

// refusal is the message of a host that refused an argument and made no call.
type refusal string

func (r refusal) Error() string { return string(r) }

// call calls a function with values in JSON, and returns its result.
func call(runner interface {
	ask(request, answer any) error
}, function vectors.Function, name string, args []any,
) (any, error) {
	var answer struct {
		Value   json.RawMessage
		Trap    *string
		Refused *string
	}
	if err := runner.ask(map[string]any{"call": name, "args": args}, &answer); err != nil {
		return nil, err
	}
	switch {
	case answer.Trap != nil:
		return nil, &gohost.TrapError{Message: *answer.Trap}
	case answer.Refused != nil:
		return nil, refusal(*answer.Refused)
	}
	if answer.Value == nil {
		return nil, fmt.Errorf("%s: an answer without value, trap or refused", name)
	}
	var value any
	decoder := json.NewDecoder(bytes.NewReader(answer.Value))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if kind, ok := function.Result.(map[string]any); !ok || kind["result"] == nil {
		return value, nil
	}
	members, _ := value.(map[string]any)
	if err, ok := members["err"]; ok && len(members) == 1 {
		return wit.Failed[any, any](err), nil
	}
	if value, ok := members["ok"]; ok && len(members) == 1 {
		return wit.OK[any, any](value), nil
	}
	return nil, fmt.Errorf("%s returned %s, expected an ok or an err", name, vectors.Text(value))
}

// rustRunner is the command for a runner in Rust: wasmtime, wasmi or native. Without one that
// was built already, cargo builds it.
func rustRunner(ctx context.Context, name string, args ...string) *exec.Cmd {
	if runner := os.Getenv(runnerEnv[name]); runner != "" {
		return exec.CommandContext(ctx, runner, args...)
	}
	cargo := []string{"run", "-p", "compute-pipeline-" + name + "-runner", "--profile", "tools", "--quiet", "--"}
	return exec.CommandContext(ctx, "cargo", append(cargo, args...)...)
}

// nodeRunner is the command for the runner of components in Node; `npm ci` must have been run
// for it.
func nodeRunner(ctx context.Context, component string) *exec.Cmd {
	return exec.CommandContext(ctx, "node", "node/runner.js", component)
}

// runCore runs every case on a runner that calls a core module, whose lists and records are
// lowered and lifted here.
func runCore(ctx context.Context, command *exec.Cmd, v *vectors.File, wasm []byte) (version string, results map[string]result, err error) {
	exports, err := exportsOf(ctx, wasm)
	if err != nil {
		return "", nil, err
	}
	p, err := startProcess(command, nil)
	if err != nil {
		return "", nil, err
	}
	results, err = runOnGuest(ctx, v, &coreGuest{module: coreProcess{p}, exports: exports})
	return p.version, results, errors.Join(err, p.close())
}
