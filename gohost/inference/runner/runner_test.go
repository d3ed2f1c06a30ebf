package runner_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/runner"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

// modulePath is the plugin; `make runner` tests the one that it has built. Compiling it takes
// longer than all else here, so tests share it.
const modulePath = "../../../examples/plugins/inference/runner/runner.wasm"

var compiled = sync.OnceValues(func() (*runner.Runner, error) { return load() })

func load(options ...sandbox.Option) (*runner.Runner, error) {
	path := modulePath
	if built := os.Getenv("COMPUTE_PIPELINE_GUESTS"); built != "" {
		if _, err := os.Stat(filepath.Join(built, "runner.wasm")); err == nil {
			path = filepath.Join(built, "runner.wasm")
		}
	}
	module, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	options = append([]sandbox.Option{sandbox.WithFuel(1e9), sandbox.WithMemoryLimit(64)}, options...)
	return runner.Load(context.Background(), module, options...)
}

func open(t *testing.T, r *runner.Runner, model []byte) *runner.Session {
	t.Helper()
	session, err := r.SessionOpen(t.Context(), model)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, session.Close(context.Background())) })
	return session
}

func small(t *testing.T) []byte {
	t.Helper()
	model, err := os.ReadFile("testdata/small.onnx")
	require.NoError(t, err)
	return model
}

// answer is an input of small.onnx, with what onnxruntime returned and the bits of rten's answer.
type answer struct {
	Shape         []uint32  `json:"shape"`
	Signal        []float32 `json:"signal"`
	Probabilities []float32 `json:"probabilities"`
	Classes       []int64   `json:"classes"`
}

func answers(t *testing.T) (list []answer) {
	t.Helper()
	text, err := os.ReadFile("testdata/small.json")
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(text, &list))
	return list
}

func floats(shape []uint32, numbers []float32) runner.Tensor {
	return runner.Tensor{Shape: shape, Elements: runner.ElementsF32s{Value: numbers}}
}

func TestAModelsAnswersAreThoseOfOnnxruntime(t *testing.T) {
	r, err := compiled()
	require.NoError(t, err)
	session := open(t, r, small(t))
	for _, want := range answers(t) {
		outputs, err := session.Run(t.Context(), []runner.Tensor{floats(want.Shape, want.Signal)})
		require.NoError(t, err)
		require.Len(t, outputs, 2)
		assert.Equal(t, []uint32{want.Shape[0], 4}, outputs[0].Shape)
		assert.InDeltaSlice(t, want.Probabilities, outputs[0].Elements.(runner.ElementsF32s).Value, 1e-6)
		assert.Equal(t, runner.ElementsS64s{Value: want.Classes}, outputs[1].Elements)
	}
}

func TestTheSlotsAreThoseOfTheModel(t *testing.T) {
	r, err := compiled()
	require.NoError(t, err)
	session := open(t, r, small(t))
	inputs, err := session.Inputs(t.Context())
	require.NoError(t, err)
	any, length := wit.Option[uint32]{}, wit.Some[uint32]
	assert.Equal(t, []runner.Slot{
		{Name: "signal", Kind: runner.ElementKindF32s, Shape: wit.Some([]wit.Option[uint32]{any, length(1), length(16)})},
	}, inputs)
	outputs, err := session.Outputs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, []runner.Slot{
		{Name: "probabilities", Kind: runner.ElementKindF32s, Shape: wit.Some([]wit.Option[uint32]{any, length(4)})},
		{Name: "class", Kind: runner.ElementKindS64s, Shape: wit.Some([]wit.Option[uint32]{any})},
	}, outputs)
}

// The bits are the same in wazero's compiler and interpreter, also for infinities and NaN, and
// those of Wasmtime 50, with which they were computed.
func TestBits(t *testing.T) {
	const want = "d2c744945f2db7c3444f6995e8a854794f14c80675a9b552c9c4500f628cac53"
	r, err := compiled()
	require.NoError(t, err)
	interpreted, err := load(sandbox.WithInterpreter())
	require.NoError(t, err)
	defer interpreted.Close(context.Background())
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	inputs := []runner.Tensor{}
	for _, a := range answers(t) {
		inputs = append(inputs, floats(a.Shape, a.Signal))
	}
	for _, number := range []float32{0, nan, inf, math.MaxFloat32, 1e-45} {
		inputs = append(inputs, floats([]uint32{1, 1, 16}, slices.Repeat([]float32{number}, 16)))
	}
	for mode, r := range map[string]*runner.Runner{"compiler": r, "interpreter": interpreted} {
		t.Run(mode, func(t *testing.T) {
			session := open(t, r, small(t))
			hash := sha256.New()
			for _, input := range inputs {
				outputs, err := session.Run(t.Context(), []runner.Tensor{input})
				require.NoError(t, err)
				require.NoError(t, binary.Write(hash, binary.LittleEndian, outputs[0].Elements.(runner.ElementsF32s).Value))
			}
			assert.Equal(t, want, fmt.Sprintf("%x", hash.Sum(nil)))
		})
	}
}

func TestInputsAreChecked(t *testing.T) {
	r, err := compiled()
	require.NoError(t, err)
	session := open(t, r, small(t))
	sixteen := make([]float32, 16)
	for _, c := range []struct {
		name   string
		inputs []runner.Tensor
		want   runner.Error
	}{
		{"none", nil, runner.ErrorInvalidInput{Value: "there are 0 inputs, and the model takes 1"}},
		{
			"another kind",
			[]runner.Tensor{{Shape: []uint32{1, 1, 16}, Elements: runner.ElementsS64s{Value: make([]int64, 16)}}},
			runner.ErrorInvalidInput{Value: `the input "signal" has s64s, and the model takes f32s`},
		},
		{
			"another rank",
			[]runner.Tensor{floats([]uint32{16}, sixteen)},
			runner.ErrorInvalidInput{Value: `the input "signal" has the shape [16], and the model takes [?, 1, 16]`},
		},
		{
			"fewer numbers",
			[]runner.Tensor{floats([]uint32{2, 1, 16}, sixteen)},
			runner.ErrorInvalidInput{Value: `the input "signal" has 16 numbers, and its shape [2, 1, 16] has 32`},
		},
		{
			"a product of 2^32",
			[]runner.Tensor{floats([]uint32{1 << 28, 1, 16}, nil)},
			runner.ErrorTooLarge{Value: `the input "signal" has the shape [268435456, 1, 16], and the max is 67108864 numbers`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := session.Run(t.Context(), c.inputs)
			var got runner.Error
			require.ErrorAs(t, err, &got)
			assert.Equal(t, c.want, got)
		})
	}
	_, err = session.Run(t.Context(), []runner.Tensor{floats([]uint32{1, 1, 16}, sixteen)})
	assert.NoError(t, err, "the session goes on")
}
