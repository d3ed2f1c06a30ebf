package tests

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/generator"
)

const prosePath = "../examples/plugins/inference/prose/"

// The vectors of texts, which go through the whole language model but its last layer, have the bits
// that Python computed, on runtimes that share no code with wazero.
func TestTheLanguageModelOnOtherRuntimes(t *testing.T) {
	var vectors struct {
		Embeddings []struct {
			Text   string
			Vector []string
		}
	}
	text, err := os.ReadFile(prosePath + "testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &vectors))
	for name, command := range otherRuntimes(t, prosePath+"embedder.wasm") {
		t.Run(name, func(t *testing.T) {
			p, err := startProcess(command, nil)
			require.NoError(t, err)
			guest := &coreGuest{module: coreProcess{p}, exports: map[string]bool{}}
			for _, e := range vectors.Embeddings[:4] {
				vector, err := guest.embed(t.Context(), e.Text)
				require.NoError(t, err)
				assert.Equal(t, e.Vector, vector, "%q", e.Text)
			}
			require.NoError(t, p.close())
		})
	}
}

// embed calls the function of the world embedder, and returns the bits of the vector.
func (g *coreGuest) embed(ctx context.Context, text string) (vector []string, err error) {
	err = g.call(ctx, "org:inference/embedding@0.1.0#embed", func(ret uint32) error {
		if failed, err := g.module.read(ret, 1); err != nil || failed[0] != 0 {
			return fmt.Errorf("the model has no answer: %v, %w", failed, err)
		}
		list, err := g.list(ret+4, 4)
		for ; len(list) > 0; list = list[4:] {
			vector = append(vector, fmt.Sprintf("%08x", binary.LittleEndian.Uint32(list)))
		}
		return err
	}, []byte(text))
	return vector, err
}

// Whole texts are the same in Node: the choice of each token too, with a seed and at any temperature.
func TestTheTextsOfTheLanguageModelInNode(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "node", "node/generate.js", prosePath+"prose.wasm", prosePath+"testdata/vectors.json").Output()
	require.NoError(t, err)
	var results []struct {
		generator.Chunk
		Wanted string
	}
	require.NoError(t, json.Unmarshal(out, &results))
	require.Len(t, results, 8)
	for _, r := range results {
		assert.Equal(t, strings.TrimSuffix(r.Wanted, "\ufffd"), r.Text)
		assert.NotZero(t, r.Tokens)
	}
}
