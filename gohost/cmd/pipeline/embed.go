package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/inference/embedder"
	"example.org/compute-pipeline/gohost/sandbox"
)

type embedCommand struct {
	Files      []string `arg:"" optional:"" name:"file" help:"Files of text, UTF-8; - or nothing is standard input."`
	modelFlags `kong:"set='world=embedder',set='one=a text',set='fuel=20000000000'"`
	Lines      bool    `help:"Each line of a file is a text, unless it is blank (default: each file is one)."`
	Nearest    *string `placeholder:"TEXT" help:"Print the texts that are nearest to this one instead of vectors: those whose vectors have the largest cosine of the angle between them, the largest first."`
	Top        int     `default:"10" placeholder:"N" help:"How many texts --nearest prints (default ${default})."`
	Output     string  `short:"o" enum:"table,json" default:"table" help:"Format of the result: ${enum}. JSON is an object on each line."`
}

// Help implements kong.HelpProvider.
func (*embedCommand) Help() string {
	return `Prints the vector of each text, or the texts that are nearest to one, by a model in a plugin. The plugin implements the world embedder of wit/inference; examples/plugins/inference/prose has one, in embedder.wasm. It sees the texts and can use nothing else.

Texts are worked on at the same time, one for each processor, and printed in their order. For a text that has no vector, because it is not UTF-8 or too long, the reason is printed, the others are worked on, and the exit status is 1.

Examples:

  pipeline embed --plugin embedder.wasm -o json docs/*.txt
  pipeline embed --plugin embedder.wasm --lines --nearest "Close the file" --top 5 comments.txt`
}

// embeddedText is the answer for a text, as JSON.
type embeddedText struct {
	File       string    `json:"file"`
	Line       int       `json:"line,omitempty"` // from 1, with --lines
	Text       string    `json:"text,omitempty"` // with --lines
	Vector     []float32 `json:"vector,omitempty"`
	Similarity *float64  `json:"similarity,omitempty"` // with --nearest
	err        error
}

// place returns where the text is, for what is printed.
func (e *embeddedText) place() string {
	if e.Line == 0 {
		return plain(name(e.File))
	}
	return fmt.Sprintf("%s:%d", plain(name(e.File)), e.Line)
}

// Run embeds the texts.
func (c *embedCommand) Run(ctx context.Context, std streams) error {
	if c.Top < 1 || c.Top > 1_000_000 {
		return badUse("--top %d: expected 1 to 1000000", c.Top)
	}
	if c.Nearest != nil && *c.Nearest == "" {
		return badUse("--nearest has no text")
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
	model, err := embedder.Load(ctx, wasm, c.options(workers)...)
	if err != nil {
		return loadError(c.Plugin, err)
	}
	defer model.Close(context.WithoutCancel(ctx))
	var question []float32
	if c.Nearest != nil {
		if question, err = vectorOf(ctx, model, *c.Nearest); err != nil {
			return fmt.Errorf("--nearest: %w", err)
		}
	}
	answers := inOrder(ctx, c.texts(std.in, files), workers, func(ctx context.Context, e embeddedText) embeddedText {
		if e.err == nil && e.Line == 0 {
			var text []byte
			if text, e.err = readInput(ctx, std.in, e.File, 0, c.limit()); e.err == nil {
				e.Vector, e.err = vectorOf(ctx, model, string(text))
			}
		} else if e.err == nil {
			e.Vector, e.err = vectorOf(ctx, model, e.Text)
		}
		if question != nil && e.err == nil {
			e.Similarity, e.err = similarity(question, e.Vector)
		}
		return e
	})
	return c.print(ctx, std, answers)
}

// texts returns the files, or their lines.
func (c *embedCommand) texts(stdin io.Reader, files []string) iter.Seq[embeddedText] {
	return func(yield func(embeddedText) bool) {
		for _, file := range files {
			if !c.Lines {
				if !yield(embeddedText{File: file}) {
					return
				}
				continue
			}
			goOn := true
			err := eachLine(stdin, file, c.limit(), func(line int, text string) bool {
				if strings.TrimSpace(text) != "" {
					goOn = yield(embeddedText{File: file, Line: line, Text: text})
				}
				return goOn
			})
			if err != nil && goOn {
				goOn = yield(embeddedText{File: file, err: err})
			}
			if !goOn {
				return
			}
		}
	}
}

// eachLine calls f with the lines of a file, numbered from 1, until that returns false.
func eachLine(stdin io.Reader, file string, limit int64, f func(line int, text string) bool) error {
	in := stdin
	if file != "-" {
		opened, err := os.Open(file)
		if err != nil {
			return err
		}
		defer opened.Close()
		in = opened
	}
	lines := bufio.NewScanner(in)
	lines.Buffer(nil, int(min(limit, math.MaxInt32)))
	for line := 1; lines.Scan(); line++ {
		if !f(line, lines.Text()) {
			return nil
		}
	}
	if errors.Is(lines.Err(), bufio.ErrTooLong) {
		return fmt.Errorf("a line: %w", tooLong(limit))
	}
	return lines.Err()
}

// vectorOf returns the vector of a text. What a plugin returns may be anything.
func vectorOf(ctx context.Context, model *embedder.Embedder, text string) ([]float32, error) {
	if !utf8.ValidString(text) {
		return nil, errors.New("the text is not UTF-8")
	}
	vector, err := model.Embed(ctx, text)
	if failure := (*sandbox.Error)(nil); errors.As(err, &failure) {
		err = failure.Err // the text says more than the module's name
	}
	if err != nil {
		return nil, advised(err)
	}
	return vector, finite(vector)
}

// finite returns an error if a vector has what is no number.
func finite(vector []float32) error {
	for i, x := range vector {
		if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
			return fmt.Errorf("the model returns %v as number %d of the vector; expected a finite one", x, i+1)
		}
	}
	return nil
}

// similarity returns the cosine of the angle between two vectors, and 0 if one has no direction.
func similarity(a, b []float32) (*float64, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("the model returns a vector of %d numbers, and of %d for --nearest", len(b), len(a))
	}
	var product, squareA, squareB float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		product, squareA, squareB = product+x*y, squareA+x*x, squareB+y*y
	}
	cosine := 0.0
	if product != 0 {
		cosine = product / (math.Sqrt(squareA) * math.Sqrt(squareB))
	}
	return &cosine, nil
}

// nearer orders texts by their similarity, and equal ones as they come.
func nearer(a, b embeddedText) int { return cmp.Compare(*b.Similarity, *a.Similarity) }

// print writes the answers: each when it comes, or the nearest ones at the end.
func (c *embedCommand) print(ctx context.Context, std streams, answers iter.Seq[embeddedText]) error {
	failed := false
	var nearest []embeddedText // in order, at most c.Top of them
	for e := range answers {
		switch {
		case e.err != nil:
			fmt.Fprintf(std.err, "pipeline: %s: %v\n", e.place(), plainReadError(e.err))
			failed = true
		case c.Nearest == nil:
			if err := c.write(std.out, e); err != nil {
				return fmt.Errorf("writing the result: %w", err)
			}
		default:
			e.Vector = nil
			at, _ := slices.BinarySearchFunc(nearest, e, func(a, b embeddedText) int { return cmp.Or(nearer(a, b), -1) })
			if at < c.Top {
				nearest = slices.Insert(nearest[:min(len(nearest), c.Top-1)], at, e)
			}
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, e := range nearest {
		if err := c.write(std.out, e); err != nil {
			return fmt.Errorf("writing the result: %w", err)
		}
	}
	if failed {
		return errReported
	}
	return nil
}

// write writes an answer: in a table its similarity or its vector, with tabs between the cells.
func (c *embedCommand) write(w io.Writer, e embeddedText) error {
	if c.Output == "json" {
		lines := json.NewEncoder(w)
		lines.SetEscapeHTML(false)
		return lines.Encode(e)
	}
	var cells []string
	if e.Similarity != nil {
		cells = []string{fmt.Sprintf("%.4f", *e.Similarity), e.place()}
		if e.Line > 0 {
			cells = append(cells, plain(strings.TrimSpace(e.Text)))
		}
	} else {
		cells = []string{e.place()}
		for _, x := range e.Vector {
			cells = append(cells, fmt.Sprint(x))
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(cells, "\t"))
	return err
}
