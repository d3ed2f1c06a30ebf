// Command pipeline computes exact statistics of time series with the sandboxed
// engine of compute-pipeline, and inspects modules that implement its contract.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"example.org/compute-pipeline/gohost"
)

// Exit statuses.
const (
	exitOK     = 0
	exitData   = 1   // the data or a module is invalid, or something failed
	exitUsage  = 2   // the command line is invalid
	exitSignal = 128 // plus the signal's number
)

// streams are the standard streams of one run.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	gohost.CompilerMain() // does not return in the process that compiles a module for serve
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // as nohup has it
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() { // lives as long as the process
		s := <-signals
		signal.Stop(signals) // a second one ends the process at once
		cancel(interrupted{s})
	}()
	os.Exit(execute(ctx, os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}

// interrupted is the cause of a context that a signal ended.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return fmt.Sprintf("ended by signal: %s", i.signal) }

func (i interrupted) status() int {
	if s, ok := i.signal.(syscall.Signal); ok {
		return exitSignal + int(s)
	}
	return exitSignal
}
