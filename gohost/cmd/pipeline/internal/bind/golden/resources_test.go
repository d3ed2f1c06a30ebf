package golden_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/golden/resources"
	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/gohost/wit"
)

// store implements the imported interface, and keeps what happens to its buckets.
type store struct {
	made   []*bucket
	err    error
	panics any
}

type bucket struct {
	store   *store
	name    string
	numbers map[uint32]uint32
	closed  int
}

func (s *store) newBucket(name string) *bucket {
	b := &bucket{store: s, name: name, numbers: map[uint32]uint32{}}
	s.made = append(s.made, b)
	return b
}

func (s *store) NewBucket(_ context.Context, name string) (resources.Bucket, error) {
	if s.panics != nil {
		panic(s.panics)
	}
	return s.newBucket(name), s.err
}

func (s *store) BucketCombine(_ context.Context, a, b resources.Bucket) (resources.Bucket, error) {
	combined := s.newBucket(a.(*bucket).name + "+" + b.(*bucket).name)
	for _, from := range []*bucket{a.(*bucket), b.(*bucket)} {
		for key, value := range from.numbers {
			combined.numbers[key] = value
		}
	}
	return combined, nil
}

func (b *bucket) Get(_ context.Context, key uint32) (wit.Option[uint32], error) {
	value, ok := b.numbers[key]
	return wit.Option[uint32]{Value: value, Valid: ok}, nil
}

func (b *bucket) Put(_ context.Context, key, value uint32) error {
	if b.store.err != nil {
		return b.store.err
	}
	if value == 13 {
		return fmt.Errorf("in put: %w", wit.Err("no 13"))
	}
	b.numbers[key] = value
	return nil
}

func (b *bucket) Close(context.Context) error {
	b.closed++
	return nil
}

func loadResources(t *testing.T, opts ...sandbox.Option) (*resources.Resources, *store) {
	t.Helper()
	return loadGuest(t, "testdata/resources.wasm", opts...)
}

func loadGuest(t *testing.T, guest string, opts ...sandbox.Option) (*resources.Resources, *store) {
	t.Helper()
	wasm, err := os.ReadFile(guest)
	require.NoError(t, err)
	s := &store{}
	module := start(t, resources.Binding(resources.Imports{Store: s}), wasm, opts...)
	t.Cleanup(func() { assert.NoError(t, module.Close(ctx)) })
	return module, s
}

// eachGuest runs a test with the guest that is written by hand, and with the one in Rust
// (tests/worlds/guest), which checks what it is given and traps if that is wrong. make
// example builds that one anew, and names its directory.
func eachGuest(t *testing.T, test func(t *testing.T, guest string, opts ...sandbox.Option)) {
	inRust := cmp.Or(os.Getenv("COMPUTE_PIPELINE_GUESTS"), "testdata")
	for _, guest := range []string{"testdata/resources.wasm", inRust + "/resources.rust.wasm"} {
		t.Run(filepath.Base(guest), func(t *testing.T) {
			eachRuntime(t, func(t *testing.T, opts ...sandbox.Option) { test(t, guest, opts...) })
		})
	}
}

func TestResourcesOfTheGuest(t *testing.T) {
	eachGuest(t, func(t *testing.T, guest string, opts ...sandbox.Option) {
		module, _ := loadGuest(t, guest, append(opts, sandbox.WithMaxInstances(1), sandbox.WithMaxWaiters(0))...)
		a, err := module.NewCounter(ctx, 5)
		require.NoError(t, err)
		n, err := a.Add(ctx, 2)
		require.NoError(t, err)
		assert.EqualValues(t, 7, n)

		_, err = module.Many(ctx, 3)
		require.ErrorIs(t, err, sandbox.ErrBusy, "the only instance is held")
		sum, err := module.CounterSum(ctx, []*resources.Counter{a, a})
		require.NoError(t, err)
		assert.EqualValues(t, 14, sum)

		merged, err := module.CounterMerge(ctx, a, wit.None[*resources.Counter]())
		require.NoError(t, err)
		_, err = a.Add(ctx, 1)
		require.ErrorIs(t, err, sandbox.ErrInvalidInput, "it was given away")
		require.NoError(t, a.Close(ctx))
		n, err = merged.Add(ctx, 1)
		require.NoError(t, err)
		assert.EqualValues(t, 8, n)
		require.NoError(t, merged.Close(ctx))
		require.NoError(t, merged.Close(ctx), "again does nothing")

		dropped, err := module.Dropped(ctx)
		require.NoError(t, err)
		assert.EqualValues(t, 2, dropped)
	})
}

func TestManyResourcesOfTheGuest(t *testing.T) {
	module, _ := loadResources(t)
	counters, err := module.Many(ctx, 50)
	require.NoError(t, err)
	require.Len(t, counters, 50)
	sum, err := module.CounterSum(ctx, counters)
	require.NoError(t, err)
	assert.EqualValues(t, 49*50/2, sum)

	other, err := module.NewCounter(ctx, 1)
	require.NoError(t, err)
	_, err = module.CounterMerge(ctx, counters[1], wit.Some(other))
	require.ErrorIs(t, err, sandbox.ErrInvalidInput, "they are of two instances")
	_, err = module.CounterSum(ctx, []*resources.Counter{nil})
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	var none *resources.Counter
	_, err = none.Add(ctx, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	require.NoError(t, none.Close(ctx))
}

func TestResourcesOfTheHost(t *testing.T) {
	eachGuest(t, func(t *testing.T, guest string, opts ...sandbox.Option) {
		module, s := loadGuest(t, guest, append(opts, sandbox.WithMaxInstances(1))...)
		b := s.newBucket("b")
		require.NoError(t, module.Change(ctx, b, 1, 10))
		found, err := module.Look(ctx, b, 1)
		require.NoError(t, err)
		assert.Equal(t, wit.Some[uint32](10), found)
		found, err = module.Look(ctx, b, 2)
		require.NoError(t, err)
		assert.Equal(t, wit.None[uint32](), found)
		assert.Zero(t, b.closed, "it was only lent")

		require.NoError(t, module.Keep(ctx, b))
		require.NoError(t, module.Open(ctx, "opened"))
		assert.Equal(t, 1, b.closed)
		other := s.newBucket("other")
		other.numbers[3] = 30
		require.NoError(t, module.Combine(ctx, other))
		given, err := module.Give(ctx)
		require.NoError(t, err)
		require.True(t, given.Valid)
		assert.Equal(t, "opened+other", given.Value.(*bucket).name)
		assert.Equal(t, map[uint32]uint32{3: 30}, given.Value.(*bucket).numbers)
		assert.Zero(t, given.Value.(*bucket).closed)
		given, err = module.Give(ctx)
		require.NoError(t, err)
		assert.False(t, given.Valid)

		kept := s.newBucket("kept")
		require.NoError(t, module.Keep(ctx, kept))
		require.NoError(t, module.Close(ctx))
		assert.Equal(t, 1, kept.closed, "the end of the instance drops what it has")
	})
}

func TestErrorsOfImports(t *testing.T) {
	module, s := loadResources(t)
	b := s.newBucket("b")
	var message *wit.Error[string]
	err := module.Change(ctx, b, 1, 13)
	require.ErrorAs(t, err, &message)
	assert.Equal(t, "no 13", message.Value)
	require.ErrorIs(t, err, sandbox.ErrGuest)
	assert.Zero(t, module.Stats().InstancesDiscarded)

	s.err = errors.New("the disk is full")
	err = module.Change(ctx, b, 1, 1)
	require.ErrorIs(t, err, sandbox.ErrHost)
	require.ErrorIs(t, err, s.err)
	s.err, s.panics = nil, "oh"
	err = module.Open(ctx, "name")
	require.ErrorIs(t, err, sandbox.ErrHost)
	assert.ErrorContains(t, err, "oh")
	require.ErrorIs(t, module.Change(ctx, nil, 1, 1), sandbox.ErrInvalidInput)
	require.ErrorIs(t, module.Forget(ctx, b), sandbox.ErrABI, "a borrow was kept")
	assert.Equal(t, 0, b.closed)
}
