package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"slices"
	"text/tabwriter"

	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/sandbox"
)

type classifyCommand struct {
	Files      []string `arg:"" optional:"" name:"file" help:"Files; - or nothing is standard input."`
	modelFlags `kong:"set='world=classifier',set='one=a file',set='fuel=10000000000'"`
	Top        uint32 `default:"1" placeholder:"N" help:"Labels of each file, the likeliest first (default ${default})."`
	Ends       int64  `default:"0" placeholder:"BYTES" help:"Of a file of more than twice this, read only so many bytes of the beginning and of the end, for a model that looks at no more (default: read all)."`
	Output     string `short:"o" enum:"table,json" default:"table" help:"Format of the result: ${enum}. JSON is an object on each line."`
}

// Help implements kong.HelpProvider.
func (*classifyCommand) Help() string {
	return `Prints what files are, by a model in a plugin. The plugin implements the world classifier of wit/inference; examples/plugins/inference/magika is one. It sees the contents of the files, not their names, and can use nothing else. Of an empty file, or one of a few bytes, its answer means nothing.

Files are worked on at the same time, one for each processor, and printed in their order. For a file that cannot be read or has no answer, the reason is printed, the others are classified, and the exit status is 1.

Examples:

  pipeline classify --plugin magika.wasm photo.raw
  pipeline classify --plugin magika.wasm --ends 4096 --top 3 -o json downloads/*
  curl -s https://example.org/ | pipeline classify --plugin magika.wasm`
}

// classified is the answer for a file, as JSON.
type classified struct {
	File   string       `json:"file"`
	Labels []namedScore `json:"labels"`
	err    error
}

type namedScore struct {
	Label       string  `json:"label"`
	Probability float32 `json:"probability"`
}

// Run classifies the files.
func (c *classifyCommand) Run(ctx context.Context, std streams) error {
	if c.Ends < 0 || c.Ends > 1<<30 {
		return badUse("--ends %d: expected 0 to %d bytes", c.Ends, 1<<30)
	}
	files, err := wholeFiles(c.Files)
	if err != nil {
		return err
	}
	wasm, err := c.read()
	if err != nil {
		return err
	}
	workers := runtime.GOMAXPROCS(0)
	model, err := classifier.Load(ctx, wasm, c.options(workers)...)
	if err != nil {
		return loadError(c.Plugin, err)
	}
	defer model.Close(context.WithoutCancel(ctx))
	return c.print(ctx, std, inOrder(ctx, slices.Values(files), workers, func(ctx context.Context, file string) classified {
		labels, err := c.classify(ctx, std.in, model, file)
		return classified{file, labels, err}
	}))
}

// classify returns the labels of a file.
func (c *classifyCommand) classify(ctx context.Context, stdin io.Reader, model *classifier.Classifier, file string) ([]namedScore, error) {
	input, err := readInput(ctx, stdin, file, c.Ends, c.limit())
	switch {
	case errors.Is(err, errTooLong) && c.Ends > 0:
		return nil, fmt.Errorf("%w; raise --memory, or lower --ends", err)
	case errors.Is(err, errTooLong):
		return nil, fmt.Errorf("%w; raise --memory, or give --ends if the model looks at no more", err)
	case err != nil:
		return nil, plainReadError(err)
	}
	labels, err := model.Classify(ctx, input, c.Top)
	if failure := (*sandbox.Error)(nil); errors.As(err, &failure) {
		err = failure.Err // the file says more than the module's name
	}
	if err != nil {
		return nil, advised(err)
	}
	if uint64(len(labels)) > uint64(c.Top) {
		return nil, fmt.Errorf("the model returns %d labels; expected at most %d", len(labels), c.Top)
	}
	return scored(labels)
}

// scored returns labels as they are printed. What a plugin returns may be anything.
func scored(labels []classifier.Label) ([]namedScore, error) {
	scores := make([]namedScore, len(labels))
	for i, label := range labels {
		if !(label.Score >= 0 && label.Score <= 1) {
			return nil, fmt.Errorf("the model returns %v as the probability of %s; expected 0 to 1", label.Score, plain(label.Name))
		}
		scores[i] = namedScore{label.Name, label.Score}
	}
	return scores, nil
}

// print writes the answers in the order of the files.
func (c *classifyCommand) print(ctx context.Context, std streams, answers iter.Seq[classified]) error {
	table := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	lines := json.NewEncoder(std.out)
	lines.SetEscapeHTML(false)
	failed := false
	for a := range answers {
		switch {
		case a.err != nil:
			fmt.Fprintf(std.err, "pipeline: %s: %v\n", plain(name(a.File)), a.err)
			failed = true
		case c.Output == "json":
			if err := lines.Encode(a); err != nil {
				return fmt.Errorf("writing the result: %w", err)
			}
		default:
			fmt.Fprint(table, plain(name(a.File)))
			for _, score := range a.Labels {
				fmt.Fprintf(table, "\t%s\t%.4f", plain(score.Label), score.Probability)
			}
			fmt.Fprintln(table)
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("writing the result: %w", err)
	}
	if failed {
		return errReported
	}
	return nil
}

// name returns how a file is called in what is printed.
func name(file string) string {
	if file == "-" {
		return "standard input"
	}
	return file
}
