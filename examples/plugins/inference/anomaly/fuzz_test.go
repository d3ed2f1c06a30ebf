package anomaly_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/inference/detector"
	"example.org/compute-pipeline/gohost/sandbox"
)

// headOfState is the length of what every state begins with: magic, version and model.
const headOfState = 12

// A state that is damaged or forged is refused, or used within the bounds of a call: no trap, scores
// from 0 to 1, and a state that is used again.
func FuzzState(f *testing.F) {
	d := load(f, sandbox.WithFuel(100_000_000), sandbox.WithMemoryLimit(4))
	points := make([]detector.Datapoint, 40)
	for i := range points {
		points[i] = detector.Datapoint{Timestamp: uint64(3600 * i), Value: float64(i % 24)}
	}
	valid, err := d.Detect(f.Context(), nil, points)
	require.NoError(f, err)
	f.Add(valid.State)
	f.Add(valid.State[:len(valid.State)-4])
	f.Fuzz(func(t *testing.T, data []byte) {
		use := func(state []byte) {
			for range 2 {
				result, err := d.Detect(t.Context(), state, points)
				if err != nil {
					var invalid detector.ErrorInvalidState
					require.ErrorAs(t, err, &invalid)
					return
				}
				for _, finding := range result.Findings {
					assert.True(t, finding.Score >= 0 && finding.Score <= 1, "%v", finding)
				}
				assert.Len(t, result.State, len(valid.State))
				state = result.State
			}
		}
		use(data)
		// The same bytes as the body of a state of this model, with a checksum that is right.
		forged := bytes.Clone(valid.State)
		copy(forged[headOfState:len(forged)-4], data)
		binary.LittleEndian.PutUint32(forged[len(forged)-4:], crc32.ChecksumIEEE(forged[:len(forged)-4]))
		use(forged)
	})
}
