package tests

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/classifier"
	"example.org/compute-pipeline/gohost/sandbox"
)

const magikaPath = "../examples/plugins/inference/magika/"

// A model has the same bits on every runtime. Interpreters get some of the inputs.
func TestTheBitsOfAModel(t *testing.T) {
	wasm, err := os.ReadFile(magikaPath + "magika.wasm")
	require.NoError(t, err)
	for name, options := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run("wazero, "+name, func(t *testing.T) {
			t.Parallel()
			model, err := classifier.Load(t.Context(), wasm, options...)
			require.NoError(t, err)
			defer model.Close(t.Context())
			checkMagika(t, 7+63*len(options), model.Classify)
		})
	}
	for name, r := range map[string]struct {
		command *exec.Cmd
		each    int
	}{
		"Wasmtime": {rustRunner(t.Context(), "wasmtime", "core", magikaPath+"magika.wasm"), 7},
		"wasmi":    {rustRunner(t.Context(), "wasmi", magikaPath+"magika.wasm"), 70},
		"Node":     {exec.CommandContext(t.Context(), "node", "node/core.js", magikaPath+"magika.wasm"), 7},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			exports, err := exportsOf(t.Context(), wasm)
			require.NoError(t, err)
			p, err := startProcess(r.command, nil)
			require.NoError(t, err)
			guest := &coreGuest{coreProcess{p}, exports}
			checkMagika(t, r.each, guest.classify)
			require.NoError(t, p.close())
		})
	}
}

// checkMagika compares the answers of Magika with the vectors, of each of so many.
func checkMagika(t *testing.T, each int, classify func(ctx context.Context, input []byte, top uint32) ([]classifier.Label, error)) {
	t.Helper()
	var vectors []struct {
		Kind           string
		Size           int
		Labels, Scores []string
	}
	text, err := os.ReadFile(magikaPath + "testdata/vectors.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &vectors))
	inputs, err := os.ReadFile(magikaPath + "testdata/inputs.bin")
	require.NoError(t, err)

	rest := inputs
	for i, v := range vectors {
		var input []byte
		input, rest = rest[:v.Size], rest[v.Size:]
		if i%each > 0 {
			continue
		}
		labels, err := classify(t.Context(), input, 5)
		require.NoError(t, err, v.Kind)
		var names, scores []string
		for _, label := range labels {
			names = append(names, label.Name)
			scores = append(scores, fmt.Sprintf("%08x", math.Float32bits(label.Score)))
		}
		assert.Equal(t, v.Labels, names, v.Kind)
		assert.Equal(t, v.Scores, scores, v.Kind)
	}
}

// classify calls the function of the world classifier.
func (g *coreGuest) classify(ctx context.Context, input []byte, top uint32) (labels []classifier.Label, err error) {
	err = g.call(ctx, "org:inference/classification@0.1.0#classify", func(ret uint32) error {
		if failed, err := g.module.read(ret, 1); err != nil || failed[0] != 0 {
			return fmt.Errorf("the model has no answer: %v, %w", failed, err)
		}
		list, err := g.list(ret+4, 16)
		if err != nil {
			return err
		}
		for ; len(list) > 0; list = list[16:] {
			word := func(i int) uint32 { return binary.LittleEndian.Uint32(list[4*i:]) }
			name, err := g.module.read(word(1), word(2))
			if err != nil {
				return err
			}
			labels = append(labels, classifier.Label{Index: word(0), Name: string(name), Score: math.Float32frombits(word(3))})
		}
		return nil
	}, input, top)
	return labels, err
}
