package generator

import (
	"context"
	"iter"
)

// Generate continues a prompt, and yields each token's text when it is there: the empty text for a
// token that ends within a character. It ends with the text, after maxTokens, with the context,
// which is looked at before each token, or with the loop. An error is the last that it yields. The
// instance of the text serves nobody else meanwhile.
func (w *Generator) Generate(ctx context.Context, prompt string, sampling Sampling, maxTokens uint64) iter.Seq2[Chunk, error] {
	return func(yield func(Chunk, error) bool) {
		generation, err := w.GenerationStart(ctx, prompt, sampling)
		if err != nil {
			yield(Chunk{}, err)
			return
		}
		defer generation.Close(context.WithoutCancel(ctx))
		for taken := uint64(0); taken < maxTokens; {
			chunk, err := generation.Next(ctx, 1)
			if err != nil {
				yield(Chunk{}, err)
				return
			}
			taken += uint64(chunk.Tokens)
			if !yield(chunk, nil) || chunk.Ended || chunk.Tokens == 0 {
				return
			}
		}
	}
}
