package tests

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/examples/plugins/inference/silero"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/vectors"
)

const inferencePath = "examples/plugins/inference/"

// Models have the same bits in a browser: those of the vectors and of wazero. One browser loads
// one after the other.
func TestTheModelsInChromium(t *testing.T) {
	b, stop, err := startBrowser(t.Context(), "chromium", "core.html", "")
	require.NoError(t, err)
	defer stop()
	load := func(module string) coreModule {
		require.NoError(t, b.ask(map[string]string{"load": "/" + inferencePath + module}, &struct{}{}))
		return coreProcess{b}
	}

	checkMagika(t, 14, (&coreGuest{load("magika/magika.wasm"), map[string]bool{}}).classify)
	checkRunner(t, load("runner/runner.wasm"))

	post := map[string]bool{"cabi_post_" + detectName: true}
	check := func(guest *detectorGuest, onWazero *detector.Detector, state []byte, points []detector.Datapoint) {
		want, err := onWazero.Detect(t.Context(), state, points)
		require.NoError(t, err)
		got, err := guest.detect(t.Context(), state, points)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	speech, err := silero.Load(t.Context())
	require.NoError(t, err)
	defer speech.Close(t.Context())
	check(&detectorGuest{coreGuest{load("silero/silero.wasm"), post}}, speech, nil, soundPoints(t))

	anomalies, err := anomaly.Load(t.Context())
	require.NoError(t, err)
	defer anomalies.Close(t.Context())
	guest := &detectorGuest{coreGuest{load("anomaly/anomaly.wasm"), post}}
	text, err := os.ReadFile("../" + inferencePath + "anomaly/testdata/vectors.json")
	require.NoError(t, err)
	v, err := vectors.Parse(text)
	require.NoError(t, err)
	checked := 0
	for i := range v.Cases {
		step := v.Cases[i].Steps()[0]
		if step.Call != "org:inference/events#detect" {
			continue
		}
		state, points := detectorInput(t, step.Args)
		if _, err := anomalies.Detect(t.Context(), state, points); err == nil { // others are refused
			check(guest, anomalies, state, points)
			checked++
		}
	}
	assert.Greater(t, checked, 30)
}

// The plugin that runs models of the caller has the bits of wazero in Node too.
func TestTheRunnerInNode(t *testing.T) {
	p, err := startProcess(exec.CommandContext(t.Context(), "node", "node/core.js", "../"+inferencePath+"runner/runner.wasm"), nil)
	require.NoError(t, err)
	checkRunner(t, coreProcess{p})
	require.NoError(t, p.close())
}

const runnerName = "org:inference/sessions@0.1.0#"

// checkRunner compares the bits of a small model's answers with those of gohost/inference/runner.
func checkRunner(t *testing.T, module coreModule) {
	t.Helper()
	const dir = "../gohost/inference/runner/testdata/"
	model, err := os.ReadFile(dir + "small.onnx")
	require.NoError(t, err)
	var answers []struct {
		Shape  []uint32
		Signal []float32
	}
	text, err := os.ReadFile(dir + "small.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &answers))
	for _, number := range []float32{0, float32(math.NaN()), float32(math.Inf(1)), math.MaxFloat32, 1e-45} {
		answers = append(answers, struct {
			Shape  []uint32
			Signal []float32
		}{[]uint32{1, 1, 16}, slices.Repeat([]float32{number}, 16)})
	}
	g := &coreGuest{module, map[string]bool{
		"cabi_post_" + runnerName + "[static]session.open": true, "cabi_post_" + runnerName + "[method]session.run": true,
	}}
	var session uint32
	require.NoError(t, g.call(t.Context(), runnerName+"[static]session.open", func(ret uint32) error {
		head, err := g.module.read(ret, 8)
		if err == nil && head[0] != 0 {
			return fmt.Errorf("the model was refused")
		}
		session = binary.LittleEndian.Uint32(head[4:])
		return err
	}, model))
	hash := sha256.New()
	for _, a := range answers {
		first, err := g.runModel(t.Context(), session, a.Shape, a.Signal)
		require.NoError(t, err)
		hash.Write(first)
	}
	source, err := os.ReadFile("../gohost/inference/runner/runner_test.go")
	require.NoError(t, err)
	assert.Contains(t, string(source), fmt.Sprintf("const want = %q", fmt.Sprintf("%x", hash.Sum(nil))))
}

// runModel runs a session on one tensor of f32, and returns the numbers of the first output.
func (g *coreGuest) runModel(ctx context.Context, session uint32, shape []uint32, signal []float32) (first []byte, err error) {
	words := func(list []uint32) (out []byte) {
		for _, word := range list {
			out = binary.LittleEndian.AppendUint32(out, word)
		}
		return out
	}
	bits := make([]uint32, len(signal))
	for i, x := range signal {
		bits[i] = math.Float32bits(x)
	}
	shapeAt, err := g.put(ctx, words(shape), 4)
	if err != nil {
		return nil, err
	}
	numbersAt, err := g.put(ctx, words(bits), 4)
	if err != nil {
		return nil, err
	}
	tensor, err := g.put(ctx, words([]uint32{shapeAt, uint32(len(shape)), 0, numbersAt, uint32(len(signal))}), 4)
	if err != nil {
		return nil, err
	}
	err = g.call(ctx, runnerName+"[method]session.run", func(ret uint32) error {
		if err := g.failure(ret, 8); err != nil {
			return err
		}
		list, err := g.list(ret+4, 20)
		if err != nil {
			return err
		}
		first, err = g.module.read(binary.LittleEndian.Uint32(list[12:]), 4*binary.LittleEndian.Uint32(list[16:]))
		return err
	}, session, tensor, uint32(1))
	return first, err
}
