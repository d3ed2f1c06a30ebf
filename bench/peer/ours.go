package peer

import (
	"context"
	"fmt"
	"sync"

	"example.org/compute-pipeline/bench/work"
	"example.org/compute-pipeline/gohost"
)

// ours is an Engine, whose pool serves all goroutines.
type ours struct {
	engine *gohost.Engine
	opts   []gohost.Option
}

func openOurs(opts ...gohost.Option) (Host, error) {
	engine, err := gohost.New(context.Background(), opts...)
	if err != nil {
		return nil, err
	}
	return ours{engine, opts}, nil
}

func (o ours) Service() (Service, error) { return ourCalls{o.engine, false}, nil }

func (o ours) Close() error { return o.engine.Close(context.Background()) }

// Tenant returns an engine of its own: a tenant shares no instance with another.
func (o ours) Tenant() (Service, error) {
	engine, err := gohost.New(context.Background(), o.opts...)
	return ourCalls{engine, true}, err
}

// Grow makes the pool as large as n calls at the same time need.
func (o ours) Grow(points []work.Point, n int) error {
	for o.engine.Stats().InstancesStarted < uint64(n) {
		var calls sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			calls.Go(func() { _, errs[i] = o.engine.ComputeAggregate(context.Background(), points) })
		}
		calls.Wait()
		for _, err := range errs {
			if err != nil {
				return fmt.Errorf("growing the pool: %w", err)
			}
		}
	}
	return nil
}

type ourCalls struct {
	engine *gohost.Engine
	owned  bool
}

func (o ourCalls) Aggregate(ctx context.Context, points []work.Point) (work.Moments, error) {
	return o.engine.ComputeAggregate(ctx, points)
}

func (o ourCalls) Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error) {
	return o.engine.AppendValidated(ctx, dst, text)
}

func (o ourCalls) Close() error {
	if !o.owned {
		return nil
	}
	return o.engine.Close(context.Background())
}

// Engine is what the others are compared with; the name is Ours.
const Ours = "compute-pipeline"

// Engines are the ways to run the engine by this library.
func Engines() []Peer {
	const how = "`Engine.ComputeAggregate`, `Engine.AppendValidated`; metered, pooled"
	return []Peer{
		{
			Name: Ours, How: how, Exact: true, Aggregates: true, Parses: true, Sandboxed: true,
			Open: func(Files) (Host, error) { return openOurs(gohost.WithMaxInstances(16)) },
		},
		{
			Name: Ours + ", cached", How: "the same with `WithCacheDir`, filled by an earlier start", Exact: true, Aggregates: true, Parses: true, Sandboxed: true,
			Open: func(f Files) (Host, error) {
				return openOurs(gohost.WithMaxInstances(16), gohost.WithCacheDir(f.Cache))
			},
		},
		{
			Name: Ours + ", interpreter", How: "the same with `WithInterpreter`", Exact: true, Aggregates: true, Parses: true, Sandboxed: true,
			Open: func(Files) (Host, error) { return openOurs(gohost.WithMaxInstances(16), gohost.WithInterpreter()) },
		},
	}
}
