package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/symbols"
)

type symbolizeCommand struct {
	Trace     string `arg:"" optional:"" name:"trace" default:"-" help:"File with the stack trace, or - for the standard input."`
	Module    string `name:"module" placeholder:"FILE" help:"WebAssembly file that ran. A trace of gohost does not need it if the symbols are of the same build."`
	Symbols   string `name:"symbols" placeholder:"FILE" help:"Module with the debug information. Default: that of --module, or else a file *.symbols.wasm of the same build beside it, in this directory or in dist."`
	SourceMap string `name:"source-map" placeholder:"FILE" help:"Write a copy of --module with a source map to FILE, for the debuggers of browsers and Node, instead of reading a trace."`
	Source    string `name:"source" placeholder:"PREFIX=DIR" help:"Embed into the source map the files from DIR whose path in the debug information begins with PREFIX."`
	witFlags
	grantFlags
}

// Help implements kong.HelpProvider.
func (*symbolizeCommand) Help() string {
	return `Copies a stack trace, and adds behind each frame of WebAssembly the functions of the source that it stands for, with file, line and column: those that were inlined too. It understands traces of gohost (with WithCodeOffsets), Wasmtime, Node, Deno, Chromium, Firefox and Safari. Frames without an offset, as those of gohost without the option, get the line where the function begins.

Offsets are in the code that ran, which may have been hardened, metered or put into a component. If the symbols are of another build, that is an error, and no line is printed for the frame.

With --source-map it writes a copy of the module with a source map in it, with which the debuggers of browsers and Node show the lines of the source, and stop at them. The code is the same.

The exit status is 1 if the trace has no frame of WebAssembly, or one that does not fit.

Examples:

  pipeline symbolize trace.txt --symbols compute-pipeline.symbols.wasm
  node app.js 2>&1 | pipeline symbolize --module compute-pipeline.core.wasm
  pipeline symbolize trace.txt --module plugin.wasm --symbols target/wasm32-unknown-unknown/release/plugin.wasm
  pipeline symbolize --module plugin.wasm --source-map debug/plugin.wasm --source /home/me/plugin=.`
}

// maxSymbols bounds the size of a file with symbols in bytes.
const maxSymbols = 512 << 20

// Run annotates the trace.
func (c *symbolizeCommand) Run(ctx context.Context, std streams) error {
	switch {
	case c.SourceMap == "" && c.Source != "":
		return badUse("--source needs --source-map")
	case c.SourceMap != "" && c.Module == "":
		return badUse("--source-map needs --module")
	case c.SourceMap != "" && c.Trace != "-":
		return badUse("--source-map reads no trace")
	}
	t := tracing{command: c}
	if err := t.read(); err != nil {
		return err
	}
	if c.SourceMap != "" {
		return t.writeSourceMap(ctx, std.err)
	}
	in := std.in
	if c.Trace != "-" {
		file, err := os.Open(c.Trace)
		if err != nil {
			return usageError{plainPathError(err)}
		}
		defer file.Close()
		in = file
	}
	targets := symbols.Targets{File: t.targets, Host: func(short string) (*symbols.Path, error) { return t.host(ctx, short) }}
	summary, err := targets.Annotate(std.out, contextReader{ctx, in})
	switch {
	case err != nil:
		return plainPathError(err)
	case summary.Mismatch != nil:
		return fmt.Errorf("not all frames fit: %w", summary.Mismatch)
	case summary.Frames == 0:
		return errors.New("the trace has no frame of WebAssembly")
	}
	return nil
}

// contextReader ends with its context.
type contextReader struct {
	ctx context.Context
	io.Reader
}

func (r contextReader) Read(p []byte) (int, error) {
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// tracing is what a trace is symbolized with.
type tracing struct {
	command *symbolizeCommand
	module  []byte
	sources []source
	targets []symbols.Target

	rewritten *rewrittenCode // nil until it is needed
}

// source is a file with symbols.
type source struct {
	file string
	*symbols.Symbols
}

// rewrittenCode is the code that gohost runs of the module.
type rewrittenCode struct {
	id   symbols.CodeID
	path *symbols.Path
	err  error
}

// read reads the module and its symbols.
func (t *tracing) read() (err error) {
	c := t.command
	var codes []symbols.Code
	if c.Module != "" {
		if t.module, err = readModule(c.Module); err != nil {
			return err
		}
		if codes, err = symbols.Codes(t.module); err != nil {
			return fmt.Errorf("%s: %w", c.Module, err)
		}
	}
	if err := t.findSymbols(codes); err != nil {
		return err
	}
	if len(t.sources) == 0 {
		return badUse("no symbols: give a module with debug information, by --symbols")
	}
	var mismatch error
	known := false
	for _, code := range codes {
		target := symbols.Target{Code: code}
		if target.Path, err = t.path(code.ID); err == nil {
			known = true
		} else {
			mismatch = err
		}
		t.targets = append(t.targets, target)
	}
	if len(codes) > 0 && !known {
		return fmt.Errorf("%s: %w", c.Module, mismatch)
	}
	return nil
}

// findSymbols reads the symbols of the command line, or those that fit.
func (t *tracing) findSymbols(codes []symbols.Code) error {
	c := t.command
	if c.Symbols != "" {
		data, err := readModule(c.Symbols)
		if err != nil {
			return err
		}
		return t.add(c.Symbols, data)
	}
	if c.Module != "" {
		if err := t.add(c.Module, t.module); !errors.Is(err, symbols.ErrNone) {
			return err
		}
	}
	for _, dir := range []string{filepath.Dir(c.Module), ".", "dist"} {
		files, _ := filepath.Glob(filepath.Join(dir, "*.symbols.wasm")) // the pattern is a good one
		for _, file := range files {
			data, err := readModule(file)
			if err != nil {
				continue // not what the user named
			}
			if err := t.add(file, data); err != nil {
				continue
			}
			last := t.sources[len(t.sources)-1]
			for _, code := range codes {
				if _, err := last.Path(code.ID); err == nil {
					t.sources = []source{last}
					return nil
				}
			}
		}
	}
	return nil
}

func (t *tracing) add(file string, data []byte) error {
	s, err := symbols.Read(data)
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	t.sources = append(t.sources, source{file, s})
	return nil
}

func readModule(file string) ([]byte, error) {
	data, err := regular.Read(file, maxSymbols)
	if err != nil {
		return nil, usageError{plainPathError(err)}
	}
	return data, nil
}

// path returns the way from code to a source that knows it.
func (t *tracing) path(id symbols.CodeID, maps ...symbols.CodeMap) (path *symbols.Path, err error) {
	for _, s := range t.sources {
		if path, err = s.Path(id, maps...); err == nil {
			return path, nil
		}
		err = fmt.Errorf("%s: %w", s.file, err)
	}
	return nil, err
}

// host returns the path from code that gohost ran.
func (t *tracing) host(ctx context.Context, short string) (path *symbols.Path, err error) {
	for _, s := range t.sources {
		if path, err = s.PathOf(short); err == nil {
			return path, nil
		}
	}
	if t.module == nil {
		return nil, fmt.Errorf("%w; give the module that ran, by --module", err)
	}
	if t.rewritten == nil {
		r := &rewrittenCode{}
		r.id, r.path, r.err = t.rewrite(ctx)
		t.rewritten = r
	}
	switch {
	case t.rewritten.err != nil:
		return nil, t.rewritten.err
	case t.rewritten.id.Short() != short:
		return nil, fmt.Errorf("%w: gohost runs the code %s of %s, and the trace is of the code %s",
			symbols.ErrMismatch, t.rewritten.id.Short(), t.command.Module, short)
	}
	return t.rewritten.path, nil
}

// rewrite does with the module what gohost does when it loads it.
func (t *tracing) rewrite(ctx context.Context) (id symbols.CodeID, path *symbols.Path, err error) {
	c := t.command
	contract := gohost.Binding().Contract
	if described, err := c.contract(ctx); err != nil {
		return id, nil, err
	} else if described != nil {
		contract = described
	}
	grants, err := c.grants()
	if err != nil {
		return id, nil, err
	}
	rewritten, err := sandbox.Rewrite(ctx, t.module, contract, gohost.WithGrants(grants...))
	if err != nil {
		return id, nil, err
	}
	codes, err := symbols.Codes(rewritten.Module)
	if err != nil {
		return id, nil, err
	}
	maps, err := symbols.ParseMaps(rewritten.Maps)
	switch {
	case err != nil:
		return id, nil, err
	case len(codes) != 1 || len(maps) != 2 || len(t.targets) != 1:
		return id, nil, errors.New("what gohost runs of a component of several core modules cannot be symbolized")
	}
	path, err = t.path(t.targets[0].Code.ID, maps[1], maps[0])
	return codes[0].ID, path, err
}
