package runner_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/runner"
	"example.org/compute-pipeline/gohost/sandbox"
)

// field writes a field of Protocol Buffers: a number, or bytes.
func field[T int | int64 | uint64 | string | []byte](number int, value T) []byte {
	switch value := any(value).(type) {
	case int:
		return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3), uint64(value))
	case int64:
		return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3), uint64(value))
	case uint64:
		return binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3), value)
	case string:
		return field(number, []byte(value))
	case []byte:
		head := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(number)<<3|2), uint64(len(value)))
		return append(head, value...)
	}
	panic("unreachable")
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// value writes an input or output of f32.
func value(name string, dimensions ...int64) []byte {
	var shape []byte
	for _, d := range dimensions {
		shape = append(shape, field(1, field(1, d))...)
	}
	return join(field(1, name), field(2, field(1, join(field(1, 1), field(2, shape)))))
}

func node(operator string, inputs, outputs []string, attributes ...[]byte) []byte {
	var message []byte
	for _, name := range inputs {
		message = append(message, field(1, name)...)
	}
	for _, name := range outputs {
		message = append(message, field(2, name)...)
	}
	message = append(message, field(4, operator)...)
	for _, attribute := range attributes {
		message = append(message, field(5, attribute)...)
	}
	return field(1, message)
}

func model(opset int, graph ...[]byte) []byte {
	return join(field(1, 8), field(8, field(2, opset)), field(7, join(graph...)))
}

// weight writes a tensor of f32.
func weight(name string, data []byte, dimensions ...int64) []byte {
	var message []byte
	for _, d := range dimensions {
		message = append(message, field(1, d)...)
	}
	return join(message, field(2, 1), field(8, name), field(9, data))
}

func relu(from, to string) []byte { return node("Relu", []string{from}, []string{to}) }

func TestHostileModelsAreErrors(t *testing.T) {
	r, err := compiled()
	require.NoError(t, err)
	in, out := field(11, value("x", 1, 4)), field(12, value("y", 1, 4))
	chain := func(nodes int) []byte {
		var graph bytes.Buffer
		from := "x"
		for i := range nodes - 1 {
			to := "v" + strconv.Itoa(i)
			graph.Write(relu(from, to))
			from = to
		}
		graph.Write(relu(from, "y"))
		return graph.Bytes()
	}
	wide := func(nodes int) []byte {
		var graph bytes.Buffer
		for i := range nodes {
			graph.Write(relu("x", "v"+strconv.Itoa(i)))
		}
		graph.Write(relu("x", "y"))
		return graph.Bytes()
	}
	long := strings.Repeat("n", 1<<20)
	var deep []byte
	for range 1_000 {
		deep = field(6, node("If", nil, []string{"z"}, deep))
	}

	_, err = r.SessionOpen(t.Context(), model(17, in, out, chain(1000)))
	require.NoError(t, err, "a chain as long as it may be")

	for _, c := range []struct {
		name  string
		model []byte
		want  runner.Error
	}{
		{"empty", nil, runner.ErrorInvalidModel{Value: "the model does not say which operators it needs"}},
		{"text", []byte("this is no model"), runner.ErrorInvalidModel{Value: "the bytes are no message of Protocol Buffers"}},
		{"no graph", field(8, field(2, 17)), runner.ErrorInvalidModel{Value: "the model has no graph"}},
		{"no outputs", model(17, in), runner.ErrorInvalidModel{Value: "the model has no outputs"}},
		{
			"a cycle", model(17, in, out, node("Add", []string{"x", "b"}, []string{"a"}), relu("a", "b"), relu("b", "y")),
			runner.ErrorInvalidModel{Value: `a node with the operator Add takes "b", and no node before gives that`},
		},
		{
			"a node that waits for itself", model(17, in, out, relu("y", "y")),
			runner.ErrorInvalidModel{Value: `a node with the operator Relu takes "y", and no node before gives that`},
		},
		{
			"a value that is defined twice", model(17, in, out, relu("x", "y"), relu("x", "y")),
			runner.ErrorInvalidModel{Value: `the value "y" is defined twice`},
		},
		{"an output of nothing", model(17, in, out), runner.ErrorInvalidModel{Value: `nothing gives the output "y"`}},
		{
			"a dimension of 2^31", model(17, field(11, value("x", 1<<31)), out, relu("x", "y")),
			runner.ErrorTooLarge{Value: "a dimension has the length 2147483648; the max is 67108864"},
		},
		{
			"dimensions whose product is 2^32", model(17, field(11, value("x", 1<<16, 1<<16)), out, relu("x", "y")),
			runner.ErrorTooLarge{Value: "a value has the dimensions [Some(65536), Some(65536)]; the max is 67108864 numbers"},
		},
		{
			"a weight whose dimensions overflow", model(17, in, out, field(5, weight("w", nil, 1<<32, 1<<32)), relu("x", "y")),
			runner.ErrorTooLarge{Value: `the weight "w": it has the dimensions [4294967296, 4294967296], and the max is 67108864 numbers`},
		},
		{
			"a weight whose dimensions are 2^32 with a zero", model(17, in, out, field(5, weight("w", nil, 0, 1<<16, 1<<16)), relu("x", "y")),
			runner.ErrorTooLarge{Value: `the weight "w": it has the dimensions [0, 65536, 65536], and the max is 67108864 numbers`},
		},
		{
			"a weight with a negative dimension", model(17, in, out, field(5, weight("w", nil, -1)), relu("x", "y")),
			runner.ErrorTooLarge{Value: `the weight "w": it has the dimensions [18446744073709551615], and the max is 67108864 numbers`},
		},
		{
			"a weight with fewer bytes", model(17, in, out, field(5, weight("w", make([]byte, 15), 4)), relu("x", "y")),
			runner.ErrorInvalidModel{Value: `the weight "w": it has 15 bytes, and its dimensions [4] need 16`},
		},
		{
			"a weight in a file", model(17, in, out, field(5, join(field(1, 1), field(2, 1), field(8, "w"), field(14, 1),
				field(13, join(field(1, "location"), field(2, "/etc/passwd"))))), relu("x", "y")),
			runner.ErrorInvalidModel{Value: "a weight is outside of the model, in another file"},
		},
		{
			"a constant in a file", model(17, in, out, node("Constant", nil, []string{"w"},
				join(field(1, "value"), field(5, join(field(1, 1), field(2, 1), field(14, 1))))), relu("x", "y")),
			runner.ErrorInvalidModel{Value: "a node with the operator Constant: a weight is outside of the model, in another file"},
		},
		{"10^6 nodes", model(17, in, out, wide(1_000_000)), runner.ErrorTooLarge{Value: "the max is 10000 nodes in a model"}},
		{
			"a longer chain", model(17, in, out, chain(1001)),
			runner.ErrorTooLarge{Value: "the max is 1000 nodes of which each waits for the one before"},
		},
		{"a name of 1 MB", model(17, in, out, relu(long, "y")), runner.ErrorTooLarge{Value: "a name has 1048576 bytes; the max is 1024"}},
		{
			"an operator of 1 MB", model(17, in, out, node(long, []string{"x"}, []string{"y"})),
			runner.ErrorTooLarge{Value: "a name has 1048576 bytes; the max is 1024"},
		},
		{"a name that is not UTF-8", model(17, in, out, relu("x\xff", "y")), runner.ErrorInvalidModel{Value: "a name is not UTF-8"}},
		{
			"graphs in graphs", model(17, in, out, node("If", []string{"x"}, []string{"y"}, deep)),
			runner.ErrorInvalidModel{Value: "a node with the operator If: it holds a graph"},
		},
		{
			"operators of tomorrow", model(99, in, out, relu("x", "y")),
			runner.ErrorInvalidModel{Value: "the model needs version 99 of ONNX's operators; those from 7 to 23 are there"},
		},
		{
			"an operator that nobody has", model(17, in, out, node("Frobnicate", []string{"x"}, []string{"y"})),
			runner.ErrorInvalidModel{Value: `operator error: Frobnicate operator not supported or not enabled`},
		},
		{
			"an operator of somebody else", model(17, in, out, field(1, join(field(1, "x"), field(2, "y"), field(4, "Gelu"), field(7, "com.example")))),
			runner.ErrorInvalidModel{Value: `the node "" has the operator Gelu of "com.example", which is not ONNX's`},
		},
		{
			"functions", join(model(17, in, out, relu("x", "y")), field(25, field(1, "f"))),
			runner.ErrorInvalidModel{Value: "the model has functions of its own"},
		},
		{"two graphs", join(model(17, in, out, relu("x", "y")), field(7, "")), runner.ErrorInvalidModel{Value: "the model has two graphs"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			session, err := r.SessionOpen(t.Context(), c.model)
			if err == nil {
				assert.NoError(t, session.Close(t.Context()))
			}
			var got runner.Error
			require.ErrorAs(t, err, &got)
			assert.Equal(t, c.want, got)
		})
	}
}

// Of a field that is there twice, readers of Protocol Buffers take the last one, and so does rten.
func TestTheLastNameOfAnOutputCounts(t *testing.T) {
	r, err := compiled()
	require.NoError(t, err)
	in := field(11, join(field(1, "old"), value("x", 1, 4)))
	out := field(12, join(value("old", 1, 4), field(1, "y")))
	session := open(t, r, model(17, in, out, relu("x", "y")))
	inputs, err := session.Inputs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "x", inputs[0].Name)
	outputs, err := session.Outputs(t.Context())
	require.NoError(t, err)
	assert.Equal(t, "y", outputs[0].Name)
	results, err := session.Run(t.Context(), []runner.Tensor{floats([]uint32{1, 4}, []float32{-1, 0, 1, 2})})
	require.NoError(t, err)
	assert.Equal(t, runner.ElementsF32s{Value: []float32{0, 0, 1, 2}}, results[0].Elements)
}

// mutants is how many damaged models a test opens.
func mutants(t *testing.T) int {
	count, err := strconv.Atoi(os.Getenv("COMPUTE_PIPELINE_MUTANTS"))
	if err != nil {
		return 300
	}
	t.Log(count, "mutants")
	return count
}

// mutate damages a model in one to four places: bits, bytes, cuts, copies.
func mutate(random *rand.Rand, model []byte) []byte {
	m := bytes.Clone(model)
	for range 1 + random.IntN(4) {
		if len(m) < 2 {
			return m
		}
		at := random.IntN(len(m))
		end := min(len(m), at+1+random.IntN(64))
		switch random.IntN(7) {
		case 0:
			m[at] ^= 1 << random.IntN(8)
		case 1:
			m[at] = byte(random.IntN(256))
		case 2:
			m = m[:at]
		case 3:
			m = append(m[:at:at], m[end:]...)
		case 4:
			m = append(m[:at:at], append(bytes.Clone(m[at:end]), m[at:]...)...)
		case 5:
			copy(m[random.IntN(len(m)):], m[at:end])
		case 6:
			m[at] = []byte{0, 1, 0x7f, 0x80, 0xff}[random.IntN(5)]
		}
	}
	return m
}

// Damaged models give errors, answers, or a trap of rten that ends their session only. Fuel and
// memory are bounded.
func TestDamagedModels(t *testing.T) {
	r, err := compiled()
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(1, 2))
	healthy := small(t)
	traps := make(map[string]int)
	counts := make(map[string]int)
	for range mutants(t) {
		damaged := mutate(random, healthy)
		switch err := use(t.Context(), r, damaged); {
		case err == nil:
			counts["answers"]++
		case errors.As(err, new(runner.Error)):
			counts["errors"]++
		case errors.Is(err, sandbox.ErrLimit):
			counts["limits"]++
		default:
			var trap *sandbox.TrapError
			require.ErrorAs(t, err, &trap)
			counts["traps"]++
			traps[trap.Message]++
		}
	}
	t.Log(counts)
	for message, count := range traps {
		t.Log(count, message)
	}
	assert.NotZero(t, counts["answers"])
	assert.NotZero(t, counts["errors"])

	session := open(t, r, healthy)
	_, err = session.Run(t.Context(), []runner.Tensor{floats([]uint32{1, 1, 16}, make([]float32, 16))})
	assert.NoError(t, err, "the module goes on")
}

// use opens a model and runs it on zeros.
func use(ctx context.Context, r *runner.Runner, model []byte) (err error) {
	session, err := r.SessionOpen(ctx, model)
	if err != nil {
		return err
	}
	defer func() {
		if e := session.Close(ctx); err == nil && e != nil {
			err = fmt.Errorf("close: %w", e)
		}
	}()
	slots, err := session.Inputs(ctx)
	if err != nil {
		return err
	}
	var inputs []runner.Tensor
	for _, slot := range slots {
		shape, count := []uint32{}, uint32(1)
		for _, length := range slot.Shape.Value {
			d := uint32(1)
			if length.Valid {
				d = length.Value
			}
			shape = append(shape, d)
			count *= d
		}
		if count > 1<<20 {
			return nil
		}
		tensor := runner.Tensor{Shape: shape}
		switch slot.Kind {
		case runner.ElementKindF32s:
			tensor.Elements = runner.ElementsF32s{Value: make([]float32, count)}
		case runner.ElementKindS32s:
			tensor.Elements = runner.ElementsS32s{Value: make([]int32, count)}
		case runner.ElementKindS64s:
			tensor.Elements = runner.ElementsS64s{Value: make([]int64, count)}
		case runner.ElementKindU8s:
			tensor.Elements = runner.ElementsU8s{Value: make([]byte, count)}
		case runner.ElementKindS8s:
			tensor.Elements = runner.ElementsS8s{Value: make([]int8, count)}
		}
		inputs = append(inputs, tensor)
	}
	_, err = session.Run(ctx, inputs)
	return err
}
