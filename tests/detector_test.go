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

	"example.org/compute-pipeline/examples/plugins/inference/anomaly"
	"example.org/compute-pipeline/examples/plugins/inference/silero"
	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/vectors"
)

// The detector of anomalies has the same bits on runtimes that share no code with wazero: the
// findings and the state of each vector, which are also the bits that Python computed.
func TestTheDetectorOnOtherRuntimes(t *testing.T) {
	text, err := os.ReadFile("../examples/plugins/inference/anomaly/testdata/vectors.json")
	require.NoError(t, err)
	v, err := vectors.Parse(text)
	require.NoError(t, err)
	onWazero, err := anomaly.Load(t.Context())
	require.NoError(t, err)
	defer onWazero.Close(t.Context())
	for name, command := range otherRuntimes(t, "../examples/plugins/inference/anomaly/anomaly.wasm") {
		t.Run(name, func(t *testing.T) {
			guest := startDetector(t, command)
			calls := 0
			for i := range v.Cases {
				step := v.Cases[i].Steps()[0]
				if step.Call != "org:inference/events#detect" {
					continue
				}
				calls++
				state, points := detectorInput(t, step.Args)
				want, wantErr := onWazero.Detect(t.Context(), state, points)
				got, gotErr := guest.detect(t.Context(), state, points)
				if wantErr != nil {
					var failure detector.ErrorInvalidState
					require.ErrorAs(t, wantErr, &failure)
					require.EqualError(t, gotErr, "1 "+failure.Value)
					continue
				}
				require.NoError(t, gotErr)
				require.Equal(t, want, got, "%s", v.Cases[i].ID)
			}
			assert.Greater(t, calls, 40)
		})
	}
}

// So has the detector of speech, whose sums of floats have an order of their own.
func TestTheDetectorOfSpeechOnOtherRuntimes(t *testing.T) {
	points := soundPoints(t)
	onWazero, err := silero.Load(t.Context())
	require.NoError(t, err)
	defer onWazero.Close(t.Context())
	want, err := onWazero.Detect(t.Context(), nil, points)
	require.NoError(t, err)
	require.Len(t, want.Findings, 8)
	for name, command := range otherRuntimes(t, "../examples/plugins/inference/silero/silero.wasm") {
		t.Run(name, func(t *testing.T) {
			guest := startDetector(t, command)
			first, err := guest.detect(t.Context(), nil, points[:1000])
			require.NoError(t, err)
			got, err := guest.detect(t.Context(), first.State, points[1000:])
			require.NoError(t, err)
			got.Findings = append(first.Findings, got.Findings...)
			require.Equal(t, want, got)
		})
	}
}

// soundPoints are the samples of eight frames, and of a part of another.
func soundPoints(t *testing.T) []detector.Datapoint {
	t.Helper()
	sound, err := os.ReadFile("../examples/plugins/inference/silero/testdata/sound.s16")
	require.NoError(t, err)
	points := make([]detector.Datapoint, 8*512+100)
	for i := range points {
		sample := int16(binary.LittleEndian.Uint16(sound[2*i:]))
		points[i] = detector.Datapoint{Timestamp: uint64(i), Value: float64(sample) / 32768}
	}
	return points
}

// otherRuntimes are those that share no code with wazero.
func otherRuntimes(t *testing.T, module string) map[string]*exec.Cmd {
	return map[string]*exec.Cmd{
		"Wasmtime": rustRunner(t.Context(), "wasmtime", "core", module),
		"wasmi":    rustRunner(t.Context(), "wasmi", module),
		"Node":     exec.CommandContext(t.Context(), "node", "node/core.js", module),
	}
}

// startDetector starts a detector on another runtime, until the test ends.
func startDetector(t *testing.T, command *exec.Cmd) *detectorGuest {
	t.Helper()
	p, err := startProcess(command, nil)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.close()) })
	return &detectorGuest{coreGuest{module: coreProcess{p}, exports: map[string]bool{"cabi_post_" + detectName: true}}}
}

// detectorInput returns the arguments of a vector.
func detectorInput(t *testing.T, args []any) ([]byte, []detector.Datapoint) {
	t.Helper()
	state, err := vectors.Bytes(args[0])
	require.NoError(t, err)
	text, err := json.Marshal(args[1])
	require.NoError(t, err)
	var list []struct {
		Timestamp uint64 `json:",string"`
		Value     string
	}
	require.NoError(t, json.Unmarshal(text, &list))
	points := make([]detector.Datapoint, len(list))
	for i, p := range list {
		var bits uint64
		_, err := fmt.Sscanf(p.Value, "%x", &bits)
		require.NoError(t, err)
		points[i] = detector.Datapoint{Timestamp: p.Timestamp, Value: math.Float64frombits(bits)}
	}
	return state, points
}

const detectName = "org:inference/events@0.1.0#detect"

// detectorGuest calls a detector without the generated package.
type detectorGuest struct{ coreGuest }

func (g *detectorGuest) detect(ctx context.Context, state []byte, points []detector.Datapoint) (result detector.Detection, err error) {
	packed := make([]byte, 0, 16*len(points))
	for _, p := range points {
		packed = binary.LittleEndian.AppendUint64(packed, p.Timestamp)
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(p.Value))
	}
	stateAt, err := g.put(ctx, state, 1)
	if err != nil {
		return result, err
	}
	pointsAt, err := g.put(ctx, packed, 8)
	if err != nil {
		return result, err
	}
	results, err := g.invoke(ctx, detectName, uint64(stateAt), uint64(len(state)), uint64(pointsAt), uint64(len(points)))
	if err != nil {
		return result, err
	}
	at := uint32(results[0])
	if result, err = g.detection(at); err != nil {
		return result, err
	}
	_, err = g.invoke(ctx, "cabi_post_"+detectName, uint64(at))
	return result, err
}

// detection reads result<detection, error>, whose payload is aligned to 8.
func (g *detectorGuest) detection(at uint32) (result detector.Detection, err error) {
	head, err := g.module.read(at, 56)
	if err != nil {
		return result, err
	}
	if head[0] == 1 {
		message, err := g.list(at+12, 1)
		if err != nil {
			return result, err
		}
		return result, fmt.Errorf("%d %s", head[8], message)
	}
	if result.State, err = g.list(at+8, 1); err != nil {
		return result, err
	}
	found, err := g.list(at+16, 24)
	if err != nil {
		return result, err
	}
	for ; len(found) > 0; found = found[24:] {
		result.Findings = append(result.Findings, finding(found))
	}
	if result.Open.Valid = head[24] == 1; result.Open.Valid {
		result.Open.Value = finding(head[32:])
	}
	return result, nil
}

func finding(data []byte) detector.Finding {
	return detector.Finding{
		First: binary.LittleEndian.Uint64(data),
		Last:  binary.LittleEndian.Uint64(data[8:]),
		Score: math.Float32frombits(binary.LittleEndian.Uint32(data[16:])),
		Kind:  binary.LittleEndian.Uint32(data[20:]),
	}
}
