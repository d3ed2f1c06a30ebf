package transform

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/typex"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/register"

	"example.org/compute-pipeline/gohost"
)

func init() {
	register.Combiner3[*Accumulator, gohost.Datapoint, gohost.Statistics](&AggregateFn{})
	register.Combiner3[*Accumulator, []byte, gohost.Statistics](&AggregatePackedFn{})
}

// Aggregate returns the statistics of points: of a PCollection<KV<K, P>> those of each key and
// window, PCollection<KV<K, gohost.Statistics>>; of a PCollection<P> those of each window,
// PCollection<gohost.Statistics>. P is [gohost.Datapoint], or []byte with packed points. Any
// windows and triggers of Beam do.
//
// Between workers it moves one state of the engine for each key and window of a bundle, usually
// less than a hundred bytes (max 900). It panics, as Beam's functions do, if the types are others
// or the engine is invalid.
func Aggregate(s beam.Scope, engine Engine, points beam.PCollection) beam.PCollection {
	s = s.Scope("transform.Aggregate")
	must(engine.Check())
	element := points.Type()
	keyed := typex.IsKV(element)
	if keyed {
		element = element.Components()[1]
	}
	var fn any
	switch element.Type() {
	case reflect.TypeFor[gohost.Datapoint]():
		fn = &AggregateFn{Engine: engine}
	case reflect.TypeFor[[]byte]():
		fn = &AggregatePackedFn{AggregateFn{Engine: engine}}
	default:
		panic(fmt.Sprintf("transform.Aggregate: elements of type %v; expected gohost.Datapoint or []byte", element))
	}
	if keyed {
		return beam.CombinePerKey(s, fn, points)
	}
	return beam.Combine(s, fn, points)
}

// AggregateFn is a CombineFn of [gohost.Datapoint] with [gohost.Statistics] as its output.
type AggregateFn struct {
	Engine Engine `json:"engine"`

	shared *shared
}

// AggregatePackedFn is an [AggregateFn] of packed points.
type AggregatePackedFn struct{ AggregateFn }

// Setup opens the engine, or takes the one that the process has.
func (f *AggregateFn) Setup(ctx context.Context) error {
	engine, err := acquire(ctx, f.Engine)
	if err != nil {
		return err
	}
	if !engine.HasSummary() {
		return errors.Join(gohost.ErrNoSummary, engine.release(ctx))
	}
	f.shared = engine
	return nil
}

// Teardown gives the engine back.
func (f *AggregateFn) Teardown(ctx context.Context) error {
	engine := f.shared
	f.shared = nil
	return engine.release(ctx)
}

// CreateAccumulator returns one without points.
func (f *AggregateFn) CreateAccumulator() *Accumulator { return &Accumulator{} }

// AddInput adds a point.
func (f *AggregateFn) AddInput(a *Accumulator, p gohost.Datapoint) (*Accumulator, error) {
	return a, a.addOne(f.shared, p)
}

// AddInput adds packed points.
func (f *AggregatePackedFn) AddInput(a *Accumulator, packed []byte) (*Accumulator, error) {
	return a, a.add(f.shared, packed)
}

// MergeAccumulators returns one with the points of both.
func (f *AggregateFn) MergeAccumulators(a, b *Accumulator) (*Accumulator, error) {
	return a, a.merge(f.shared, b)
}

// ExtractOutput returns the statistics.
func (f *AggregateFn) ExtractOutput(a *Accumulator) (gohost.Statistics, error) {
	return a.finish(f.shared)
}

// must panics with an error of the construction of a pipeline.
func must(err error) {
	if err != nil {
		panic(err)
	}
}
