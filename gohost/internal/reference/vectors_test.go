package reference_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/reference"
	"example.org/compute-pipeline/gohost/vectors"
	"example.org/compute-pipeline/gohost/vectors/conformance"
)

// stand is the reference in the place of an engine. It cannot read a state, so it remembers
// the points of those that it made.
type stand struct{ states map[string][]gohost.Datapoint }

// errHuge is the error of a state of too many points for a stand.
var errHuge = errors.New("too many points")

func (*stand) ComputeAggregate(_ context.Context, points []gohost.Datapoint) (gohost.Aggregate, error) {
	return reference.Aggregate(points), nil
}

func (*stand) ValidateStream(_ context.Context, raw []byte) ([]gohost.Datapoint, error) {
	points, err := reference.ValidateStream(raw)
	switch {
	case errors.Is(err, reference.ErrEmpty):
		return nil, &gohost.GuestError{Message: "Empty dataset"}
	case err != nil:
		return nil, &gohost.GuestError{Message: "Parse failed: " + err.Error()}
	}
	return points, nil
}

func (*stand) ProcessBatch(_ context.Context, in []byte) ([]byte, error) {
	out, err := reference.ProcessBatch(in)
	if err != nil {
		return nil, &gohost.TrapError{}
	}
	return out, nil
}

func (*stand) ValidateChecksum(_ context.Context, data []byte, expected uint32) (bool, error) {
	return reference.CRC32(data) == expected, nil
}

func (s *stand) Fold(_ context.Context, state []byte, points []gohost.Datapoint) ([]byte, error) {
	before, err := s.pointsOf(state)
	if err != nil {
		return nil, err
	}
	return s.stateOf(slices.Concat(before, points))
}

func (s *stand) Merge(_ context.Context, a, b []byte) ([]byte, error) {
	one, err := s.pointsOf(a)
	if err != nil {
		return nil, err
	}
	other, err := s.pointsOf(b)
	if err != nil {
		return nil, err
	}
	return s.stateOf(slices.Concat(one, other))
}

func (s *stand) Finish(_ context.Context, state []byte) (gohost.Statistics, error) {
	points, err := s.pointsOf(state)
	return reference.Statistics(points), err
}

func (s *stand) pointsOf(state []byte) ([]gohost.Datapoint, error) {
	points, ok := s.states[string(state)]
	if !ok && len(state) > 0 {
		return nil, &gohost.GuestError{Message: "a state of nobody's"}
	}
	return points, nil
}

func (s *stand) stateOf(points []gohost.Datapoint) ([]byte, error) {
	if len(points) > 2_000 {
		return nil, errHuge
	}
	state := reference.State(points)
	s.states[string(state)] = points
	return state, nil
}

// The reference returns what the vectors want, with which it shares no code. What
// only the engine says (the text of an error), and states that are damaged or of too many
// points, are left out.
func TestTheVectorsAreTheReferences(t *testing.T) {
	file, err := conformance.Vectors()
	require.NoError(t, err)
	run := map[string]int{}
	for _, c := range file.Cases {
		s := &stand{states: map[string][]gohost.Datapoint{}}
		want := c.Want()
		result, err := conformance.Run(t.Context(), s, c)
		steps := c.Steps()
		_, function, _ := strings.Cut(steps[0].Call, "#")
		if errors.Is(err, errHuge) || want.Kind == vectors.Same {
			continue
		}
		require.NoError(t, err, c.ID)
		if message, ok := failure(want.Value); ok {
			got, isErr := failure(result.Value)
			require.True(t, isErr, c.ID)
			if strings.HasPrefix(message, "Parse failed: ") {
				require.True(t, strings.HasPrefix(got, "Parse failed: "), c.ID)
			} else if function == "validate-stream" {
				require.Equal(t, message, got, c.ID)
			}
		} else {
			require.Empty(t, want.Mismatch(result), c.ID)
		}
		run[function]++
	}
	for _, function := range []string{"compute-aggregate", "validate-stream", "process-batch", "validate-checksum", "fold", "finish"} {
		require.NotZero(t, run[function], function)
	}
}

// failure returns the err of a WIT result that is a string.
func failure(v any) (message string, ok bool) {
	object, _ := v.(map[string]any)
	message, ok = object["err"].(string)
	return message, ok && len(object) == 1
}
