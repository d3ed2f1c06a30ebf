package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/completion"
	"example.org/compute-pipeline/gohost/input"
)

const description = `Exact statistics of time series, computed in a sandbox.

The mean, variance and sum of every window are exact, rounded once: the same bits on every machine, for any order of the data and any split of it.`

// cli is the command line.
type cli struct {
	Run       runCommand       `cmd:"" help:"Compute statistics of a file of datapoints per time window."`
	Detect    detectCommand    `cmd:"" help:"Find anomalies in a file of datapoints."`
	Inspect   inspectCommand   `cmd:"" help:"Show the contents of a WebAssembly file, and whether it implements the engine's contract."`
	Check     checkCommand     `cmd:"" help:"Judge a WebAssembly module: its contract, its answers, its use of memory."`
	Compile   compileCommand   `cmd:"" help:"Compile WebAssembly modules ahead, into a cache directory."`
	Classify  classifyCommand  `cmd:"" help:"Say what files are, by a model in a plugin."`
	Embed     embedCommand     `cmd:"" help:"Turn texts into vectors, or find the nearest ones, by a model in a plugin."`
	Generate  generateCommand  `cmd:"" help:"Continue a text, by a language model in a plugin."`
	Claim     claimCommand     `cmd:"" help:"Make a WebAssembly file claim a grade of answers."`
	Bind      bindCommand      `cmd:"" help:"Generate a Go package for a WIT world."`
	Symbolize symbolizeCommand `cmd:"" help:"Add functions and lines of the source to a stack trace of WebAssembly."`
	New       newCommand       `cmd:"" help:"Write the source of something new: a plugin."`
	Serve     serveCommand     `cmd:"" help:"Serve the engine and plugins over HTTP."`

	Completion completionCommand `cmd:"" help:"Print the completions of a shell."`
	Man        manCommand        `cmd:"" help:"Print the manual page."`
	Version    versionCommand    `cmd:"" help:"Print the version, and what the program is built of."`

	VersionFlag kong.VersionFlag `name:"version" help:"Print the version and the SHA-256 of the embedded engine, and exit."`
}

// A usageError is an invalid command line.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

// errReported ends the program with status 1. What is wrong is printed already.
var errReported = errors.New("the report says what is wrong")

func badUse(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// earlyExit ends the program for kong's flags --help and --version: kong calls a function
// that must not return.
type earlyExit struct{ status int }

// execute runs one command line and returns the exit status.
func execute(ctx context.Context, args []string, std streams) (status int) {
	defer func() {
		if r := recover(); r != nil {
			exit, ok := r.(earlyExit)
			if !ok {
				panic(r)
			}
			status = exit.status
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("pipeline"),
		kong.Description(description),
		kong.Vars{"version": versionText()},
		kong.Writers(std.out, std.err),
		kong.Exit(func(status int) { panic(earlyExit{status}) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.KindMapper(reflect.String, kong.MapperFunc(asGiven)),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(std),
	)
	if err != nil {
		fmt.Fprintf(std.err, "pipeline: %v\n", err)
		return exitUsage
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == completion.Command {
		return exitStatus(ctx, completion.Write(std.out, parser.Model, args[1:]), std)
	}
	command, err := parser.Parse(args)
	if err != nil {
		fmt.Fprintf(std.err, "pipeline: %v\nTry \"pipeline --help\".\n", err)
		return exitUsage
	}
	err = checkNamed(command)
	if err == nil {
		err = command.Run()
	}
	return exitStatus(ctx, err, std)
}

// asGiven takes the text of an argument. The parser's own way is through JSON, where bytes that are
// not UTF-8 become other ones: names of files may have any.
func asGiven(ctx *kong.DecodeContext, target reflect.Value) error {
	token, err := ctx.Scan.PopValue("string")
	if err != nil {
		return err
	}
	text, ok := token.Value.(string)
	if !ok {
		return fmt.Errorf("expected a text; found %v", token.Value)
	}
	target.SetString(text)
	return nil
}

// checkNamed rejects flags that are given without a name, as of a variable of a shell that is not
// set: the defaults would do something else than was meant.
func checkNamed(command *kong.Context) error {
	named := []string{"checkpoint", "group-by", "late", "module", "plot", "plugin"}
	for _, p := range command.Path {
		if p.Flag != nil && slices.Contains(named, p.Flag.Name) && p.Flag.Target.Kind() == reflect.String && p.Flag.Target.Len() == 0 {
			return badUse("--%s is empty; expected a name", p.Flag.Name)
		}
	}
	return nil
}

// exitStatus prints err, unless it needs no message, and returns its status.
func exitStatus(ctx context.Context, err error, std streams) int {
	var signalled interrupted
	var usage usageError
	var option *input.OptionError // a flag of another format
	switch {
	case err == nil:
		return exitOK
	case errors.As(context.Cause(ctx), &signalled):
		// The error does not matter: in a shell's pipeline the program that feeds this
		// one was interrupted too, so the input looks truncated.
		return signalled.status()
	case errors.Is(err, syscall.EPIPE):
		// The reader of the output has closed it.
		return exitSignal + int(syscall.SIGPIPE)
	case errors.Is(err, errReported):
		return exitData
	case errors.As(err, &usage), errors.As(err, &option):
		fmt.Fprintf(std.err, "pipeline: %s\n", inFlags(err.Error()))
		return exitUsage
	default:
		fmt.Fprintf(std.err, "pipeline: %v\n", err)
		return exitData
	}
}

// plainPathError drops the name of the system call, which does not help users.
func plainPathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Errorf("%s: %w", path.Path, path.Err)
	}
	return err
}
