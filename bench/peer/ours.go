package peer

import (
	"context"
	"errors"
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

// Grow makes the pool as large as n calls at the same time need, if each is long enough to be
// under way when the others begin.
func (o ours) Grow(_ []work.Point, n int) error {
	points := work.Temperatures(1_000_000)
	for range 1000 {
		if o.engine.Stats().InstancesStarted >= uint64(n) {
			return nil
		}
		var calls sync.WaitGroup
		errs := make([]error, n)
		for i := range n {
			calls.Go(func() { _, errs[i] = o.engine.ComputeAggregate(context.Background(), points) })
		}
		calls.Wait()
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("growing the pool: %w", err)
		}
	}
	return errors.New("the pool did not grow")
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

// Names of the ways to run the engine. The first is what the others are compared with.
const (
	Ours     = "compute-pipeline"
	Parallel = Ours + ", in parallel"
	Cached   = Ours + ", cached"
)

// Engines are the ways to run the engine by this library.
func Engines() []Peer {
	const how = "`Engine.ComputeAggregate`, `Engine.AppendValidated`; metered, pooled; "
	one := []gohost.Option{gohost.WithMaxInstances(16), gohost.WithParallelism(1), gohost.WithoutCache()}
	peer := func(name, options string, opts ...gohost.Option) Peer {
		return Peer{
			Name: name, How: how + options, Exact: true, Aggregates: true, Parses: true,
			Open: func(Files) (Host, error) { return openOurs(opts...) },
		}
	}
	first := peer(Ours, "`WithParallelism(1)`, `WithoutCache`", one...)
	first.Sandboxed = true
	return []Peer{
		first,
		peer(Parallel, "long lists in parts on all processors, the default", gohost.WithMaxInstances(16), gohost.WithoutCache()),
		{
			Name: Cached, How: "the same with `WithCacheDir`, filled by an earlier start", Sandboxed: true,
			Open: func(f Files) (Host, error) {
				return openOurs(gohost.WithMaxInstances(16), gohost.WithParallelism(1), gohost.WithCacheDir(f.Cache))
			},
		},
		peer(Ours+", interpreter", "`WithInterpreter`", append(one, gohost.WithInterpreter())...),
	}
}
