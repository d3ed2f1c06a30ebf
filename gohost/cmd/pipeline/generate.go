package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"example.org/compute-pipeline/gohost/inference/generator"
	"example.org/compute-pipeline/gohost/sandbox"
)

type generateCommand struct {
	modelFlags  `kong:"set='world=generator',set='one=the prompt, and for a token',set='fuel=10000000000'"`
	Prompt      string  `placeholder:"TEXT" help:"The beginning of the text (default: nothing)."`
	MaxTokens   uint64  `default:"100" placeholder:"N" help:"Max tokens after the prompt (default ${default})."`
	Temperature float32 `default:"0.7" placeholder:"N" help:"How much chance there is: 0 takes the likeliest token each time (default ${default})."`
	TopK        uint32  `default:"40" placeholder:"N" help:"Take one of so many likeliest tokens; 0 is all (default ${default})."`
	Seed        uint64  `default:"0" placeholder:"N" help:"Where the random numbers begin: the same seed gives the same text (default ${default})."`
}

// Help implements kong.HelpProvider.
func (*generateCommand) Help() string {
	return `Continues a text, by a language model in a plugin, and prints each token when it is there. The plugin implements the world generator of wit/inference; examples/plugins/inference/prose is one. At the end, the speed and the fuel of a token are printed to standard error. Control characters other than tabs and ends of lines are printed as U+FFFD.

Example:

  pipeline generate --plugin prose.wasm --prompt "Package gzip implements" --seed 7`
}

// Run continues the prompt.
func (c *generateCommand) Run(ctx context.Context, std streams) (err error) {
	wasm, err := c.read()
	if err != nil {
		return err
	}
	model, err := generator.Load(ctx, wasm, c.options(1)...)
	if err != nil {
		return loadError(c.Plugin, err)
	}
	defer model.Close(context.WithoutCancel(ctx))

	generation, err := model.GenerationStart(ctx, c.Prompt, generator.Sampling{Temperature: c.Temperature, TopK: c.TopK, Seed: c.Seed})
	if err != nil {
		return c.failed(ctx, err)
	}
	defer generation.Close(context.WithoutCancel(ctx))
	start, fuel, tokens := time.Now(), model.Stats().FuelUsed, uint64(0)
	for tokens < c.MaxTokens {
		chunk, err := generation.Next(ctx, 1)
		if err != nil {
			return c.failed(ctx, err)
		}
		if chunk.Tokens > 1 {
			return fmt.Errorf("%s returns %d tokens; expected 1 at most", c.Plugin, chunk.Tokens)
		}
		tokens += uint64(chunk.Tokens)
		if _, err := fmt.Fprint(std.out, unobeyed(chunk.Text)); err != nil {
			return fmt.Errorf("writing the text: %w", err)
		}
		if chunk.Ended || chunk.Tokens == 0 {
			break
		}
	}
	if _, err := fmt.Fprintln(std.out); err != nil {
		return fmt.Errorf("writing the text: %w", err)
	}
	if tokens > 0 {
		perSecond := float64(tokens) / max(time.Since(start).Seconds(), 1e-9)
		fmt.Fprintf(std.err, "%d tokens, %.0f tokens/s, %d units of fuel a token\n", tokens, perSecond, (model.Stats().FuelUsed-fuel)/tokens)
	}
	return nil
}

// failed explains an error of the model.
func (c *generateCommand) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if failure := (*sandbox.Error)(nil); errors.As(err, &failure) {
		err = failure.Err // the plugin says more than the module's name
	}
	return fmt.Errorf("%s: %w", c.Plugin, advised(err))
}

// unobeyed returns a text without what a terminal obeys, also what turns the direction of text and so
// shows another one. What a plugin returns may be anything.
func unobeyed(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case unicode.IsControl(r), '\u2028' <= r && r <= '\u202e', '\u2066' <= r && r <= '\u2069':
			return unicode.ReplacementChar
		}
		return r
	}, text)
}
