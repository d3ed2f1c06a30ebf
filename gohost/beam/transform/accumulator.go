package transform

import (
	"context"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"example.org/compute-pipeline/gohost"
)

func init() {
	beam.RegisterCoder(reflect.TypeFor[*Accumulator](), encodeAccumulator, decodeAccumulator)
}

// maxPending is how many points an accumulator collects before it folds them: 4 KiB, for which
// the call costs less than the points. A worker has up to 2,000 accumulators at a time.
const maxPending = 256

// Accumulator has what an [AggregateFn] knows of some points: a state of the engine, and a few
// points that are not folded yet. Encoded it is the state alone, so equal points have equal
// bytes.
type Accumulator struct {
	state   []byte
	pending []gohost.Datapoint
	engine  *shared // if nil, it has no pending points
}

// add adds packed points, in steps of what an accumulator collects: a batch of any length is folded
// in calls of the same size, and takes no more memory.
func (a *Accumulator) add(engine *shared, packed []byte) error {
	a.engine = engine
	if len(packed)%gohost.PackedSize != 0 {
		_, err := gohost.AppendUnpacked(nil, packed)
		return err
	}
	for len(packed) > 0 {
		step := min(len(packed), (maxPending-len(a.pending))*gohost.PackedSize)
		pending, err := gohost.AppendUnpacked(a.pending, packed[:step])
		if err != nil {
			return err
		}
		a.pending, packed = pending, packed[step:]
		if err := a.foldIfMany(); err != nil {
			return err
		}
	}
	return nil
}

func (a *Accumulator) addOne(engine *shared, p gohost.Datapoint) error {
	a.engine = engine
	a.pending = append(a.pending, p)
	return a.foldIfMany()
}

func (a *Accumulator) foldIfMany() error {
	if len(a.pending) < maxPending {
		return nil
	}
	return a.fold()
}

// fold folds the pending points. After an error nothing has changed.
func (a *Accumulator) fold() error {
	if len(a.pending) == 0 {
		return nil
	}
	// Beam's interface of combiners passes no context. CallTimeout and Fuel bound the call.
	state, err := a.engine.AppendFold(context.Background(), a.state[:0], a.state, a.pending)
	if err != nil {
		return fmt.Errorf("fold %d points: %w", len(a.pending), err)
	}
	a.state = state
	a.pending = a.pending[:0]
	return nil
}

// merge adds what b has.
func (a *Accumulator) merge(engine *shared, b *Accumulator) error {
	a.engine = engine
	if len(b.state) > 0 && len(a.state) == 0 {
		a.state = append(a.state, b.state...)
	} else if len(b.state) > 0 {
		state, err := engine.AppendMerge(context.Background(), a.state[:0], a.state, b.state)
		if err != nil {
			return fmt.Errorf("merge states: %w", err)
		}
		a.state = state
	}
	a.pending = append(a.pending, b.pending...)
	return a.foldIfMany()
}

func (a *Accumulator) finish(engine *shared) (gohost.Statistics, error) {
	if err := a.fold(); err != nil {
		return gohost.Statistics{}, err
	}
	stat, err := engine.Finish(context.Background(), a.state)
	if err != nil {
		return gohost.Statistics{}, fmt.Errorf("finish a state: %w", err)
	}
	return stat, nil
}

func encodeAccumulator(a *Accumulator) ([]byte, error) {
	if err := a.fold(); err != nil {
		return nil, err
	}
	return a.state, nil
}

// decodeAccumulator does not check the state: the engine does, in the first call with it.
func decodeAccumulator(state []byte) *Accumulator {
	return &Accumulator{state: append([]byte(nil), state...)}
}
