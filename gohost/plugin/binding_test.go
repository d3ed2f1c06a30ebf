package plugin_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/sandbox"
)

// counters is a binding of another contract than the engine's: that of
// sandbox/testdata/counters.wat, with a resource and an import.
type counters struct{ caller sandbox.Caller }

// counter is a resource of a guest.
type counter struct{ handle *cabi.Handle }

var counterType = &cabi.ResourceType{Interface: "test:held/counters", Version: "1.0.0", Name: "counter", Exported: true}

// countersBinding is what a generated package has for it. log implements the import.
func countersBinding(log func(ctx context.Context, n uint32) error) sandbox.Binding[*counters] {
	return sandbox.Binding[*counters]{
		Contract: &sandbox.Contract{
			World: "test:held/world@1.0.0", Runtime: cabi.Version1,
			Exports: []sandbox.Interface{{
				Name: "test:held/counters", Version: "1.0.0", Resources: []string{"counter"},
				Functions: []sandbox.Function{
					{Name: "[constructor]counter", Params: "i", Results: "i", Type: "func(start: u32) -> own<counter>"},
					{Name: "[method]counter.add", Params: "ii", Results: "i", Type: "func(self: borrow<counter>, n: u32) -> u32"},
					{Name: "fail", Type: "func()"},
				},
			}},
			Imports: []sandbox.Interface{{
				Name: "test:held/log", Version: "1.2.0",
				Functions: []sandbox.Function{{Name: "log", Params: "i", Type: "func(n: u32)"}},
			}},
		},
		Imports: func() ([]cabi.HostFunction, error) {
			if log == nil {
				return nil, errors.New("the import test:held/log is nil")
			}
			call := func(c *cabi.Call) {
				if n := c.PopU32(); c.Lifted() {
					if err := log(c.Context(), n); err != nil {
						c.HostError(err)
					}
				}
			}
			return append(counterType.Functions(), cabi.HostFunction{
				Interface: "test:held/log", Version: "1.2.0", Name: "log", Params: "i", Call: call,
			}), nil
		},
		Bind: func(caller sandbox.Caller) *counters { return &counters{caller} },
	}
}

func (b *counters) new(ctx context.Context, start uint32) (*counter, error) {
	var handle *cabi.Handle
	err := sandbox.Call(ctx, b.caller, 0, func(c *cabi.Call) error {
		c.PushU32(start)
		c.Invoke()
		handle = c.LiftHandle(counterType, c.PopU32())
		return nil
	})
	return &counter{handle}, err
}

func (b *counters) fail(ctx context.Context) error {
	return sandbox.Call(ctx, b.caller, 2, func(c *cabi.Call) error { c.Invoke(); return nil })
}

func (r *counter) add(ctx context.Context, n uint32) (sum uint32, err error) {
	err = sandbox.CallOn(ctx, r.handle, 1, func(c *cabi.Call) error {
		c.PushU32(c.LowerBorrowedHandle(counterType, r.handle))
		c.PushU32(n)
		c.Invoke()
		sum = c.PopU32()
		return nil
	})
	return sum, err
}

func (r *counter) close(ctx context.Context) error { return sandbox.Drop(ctx, r.handle) }

func ignore(context.Context, uint32) error { return nil }

func countersModule(t testing.TB) []byte {
	t.Helper()
	wasm, err := os.ReadFile("../sandbox/testdata/counters.wasm")
	require.NoError(t, err)
	return wasm
}

func newCounters(t testing.TB, log func(context.Context, uint32) error, opts ...plugin.Option) *plugin.Registry[*counters] {
	t.Helper()
	reg, err := plugin.NewRegistry(countersBinding(log), opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, reg.Close(ctx)) })
	return reg
}

func loadCounters(t testing.TB, reg *plugin.Registry[*counters], wasm []byte) *plugin.Plugin[*counters] {
	t.Helper()
	_, err := reg.Load(ctx, "c", plugin.Bytes(wasm))
	require.NoError(t, err)
	p, err := reg.Plugin("c")
	require.NoError(t, err)
	return p
}

func TestARegistryOfAnotherContract(t *testing.T) {
	var mu sync.Mutex
	var calls []plugin.CallEvent
	hooks := plugin.Hooks{OnCall: func(_ context.Context, e plugin.CallEvent) {
		mu.Lock()
		defer mu.Unlock()
		calls = append(calls, e)
	}}
	reg := newCounters(t, ignore, plugin.WithHooks(hooks))
	p := loadCounters(t, reg, countersModule(t))
	old, err := p.Binding().new(ctx, 40)
	require.NoError(t, err)
	first := p.Version()
	assert.True(t, first.HasSummary, "it has no optional interface")

	// A swap: new calls run on the new version, and a resource stays with its own.
	loadCounters(t, reg, edition(countersModule(t), "second"))
	second := p.Version()
	require.NotEqual(t, first.Hash, second.Hash)
	sum, err := old.add(ctx, 2)
	require.NoError(t, err)
	assert.Equal(t, uint32(42), sum)
	require.ErrorIs(t, p.Binding().fail(ctx), sandbox.ErrTrap)
	require.NoError(t, old.close(ctx))
	_, err = old.add(ctx, 1)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)

	var seen []string
	for _, e := range calls {
		seen = append(seen, e.Version[:4]+" "+e.Function+" "+e.Outcome.String())
	}
	assert.Equal(t, []string{
		first.Hash[:4] + " [constructor]counter ok", first.Hash[:4] + " [method]counter.add ok",
		second.Hash[:4] + " fail trap", first.Hash[:4] + " [resource-drop] ok",
	}, seen)
	s := p.Stats()
	assert.Equal(t, map[plugin.Outcome]uint64{plugin.OutcomeOK: 3, plugin.OutcomeTrap: 1}, s.Outcomes)
	assert.Zero(t, s.Running)

	version, err := reg.Rollback(ctx, "c")
	require.NoError(t, err)
	assert.Equal(t, first.Hash, version.Hash)
	c, err := p.Binding().new(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, c.close(ctx))
}

func TestResourcesOfADroppedVersionAreLost(t *testing.T) {
	entered, goOn := make(chan struct{}), make(chan struct{})
	reg := newCounters(t, func(_ context.Context, n uint32) error {
		if n == 1 {
			close(entered)
			<-goOn
		}
		return nil
	}, plugin.WithHistory(0))
	p := loadCounters(t, reg, countersModule(t))
	c, err := p.Binding().new(ctx, 0)
	require.NoError(t, err)
	// The version is dropped while a call with its resource runs, which it outlives.
	ended := make(chan error)
	go func() {
		_, err := c.add(ctx, 1)
		ended <- err
	}()
	<-entered
	loadCounters(t, reg, edition(countersModule(t), "second"))
	close(goOn)
	require.NoError(t, <-ended)
	_, err = c.add(ctx, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	require.NoError(t, c.close(ctx))

	// And one that nobody uses, at once.
	c, err = p.Binding().new(ctx, 5)
	require.NoError(t, err)
	loadCounters(t, reg, edition(countersModule(t), "third"))
	_, err = c.add(ctx, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	require.NoError(t, reg.Unload(ctx, "c"))
	require.NoError(t, c.close(ctx))
}

// A resource that is dropped during a call goes when that ends, also if the version is not
// active any more or was dropped.
func TestADropDuringACallOfAPlugin(t *testing.T) {
	for _, history := range []int{0, 1} {
		entered, goOn := make(chan struct{}), make(chan struct{})
		reg := newCounters(t, func(_ context.Context, n uint32) error {
			if n == 1 {
				close(entered)
				<-goOn
			}
			return nil
		}, plugin.WithHistory(history), plugin.WithDefaultLimits(plugin.Limits{MaxInstances: 1}))
		p := loadCounters(t, reg, countersModule(t))
		c, err := p.Binding().new(ctx, 0)
		require.NoError(t, err)
		ended := make(chan error)
		go func() {
			_, err := c.add(ctx, 1)
			ended <- err
		}()
		<-entered
		require.NoError(t, c.close(ctx))
		loadCounters(t, reg, edition(countersModule(t), "second"))
		close(goOn)
		require.NoError(t, <-ended)
		assert.Zero(t, p.Stats().Running)
		if history > 0 {
			_, err = reg.Rollback(ctx, "c")
			require.NoError(t, err)
			c, err = p.Binding().new(ctx, 5)
			require.NoError(t, err, "the only instance serves again")
			require.NoError(t, c.close(ctx))
		}
	}
}

func TestAClosedRegistryLosesResources(t *testing.T) {
	reg := newCounters(t, ignore)
	c, err := loadCounters(t, reg, countersModule(t)).Binding().new(ctx, 5)
	require.NoError(t, err)
	require.NoError(t, reg.Close(ctx))
	_, err = c.add(ctx, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	require.NoError(t, c.close(ctx))
}

// What the program does wrong in an import is not the plugin's fault.
func TestFailuresOfImportsAreNotThePlugins(t *testing.T) {
	reg := newCounters(t, func(context.Context, uint32) error { return &gohost.GuestError{Message: "of another"} },
		plugin.WithDefaultLimits(plugin.Limits{Breaker: plugin.BreakerLimits{Failures: 1}}))
	p := loadCounters(t, reg, countersModule(t))
	for range 3 {
		c, err := p.Binding().new(ctx, 0)
		require.NoError(t, err)
		_, err = c.add(ctx, 1)
		require.ErrorIs(t, err, sandbox.ErrHost)
		assert.Equal(t, plugin.OutcomeHost, plugin.OutcomeOf(err))
	}
	assert.Equal(t, uint64(3), p.Stats().Outcomes[plugin.OutcomeHost])
	assert.Zero(t, p.Stats().Failures())
	require.ErrorIs(t, p.Binding().fail(ctx), sandbox.ErrTrap)
	require.ErrorIs(t, p.Binding().fail(ctx), plugin.ErrOpen)
}

func TestSelfTestsOfABinding(t *testing.T) {
	wrong := errors.New("it counts wrongly")
	binding := countersBinding(ignore)
	binding.SelfTest = func(ctx context.Context, b *counters) error {
		c, err := b.new(ctx, 1)
		if err != nil {
			return err
		}
		sum, err := c.add(ctx, 1)
		if err == nil && sum != 3 {
			err = wrong
		}
		return errors.Join(err, c.close(ctx))
	}
	reg, err := plugin.NewRegistry(binding)
	require.NoError(t, err)
	_, err = reg.Load(ctx, "c", plugin.Bytes(countersModule(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	require.ErrorIs(t, err, wrong)
	require.NoError(t, reg.Close(ctx))

	// The program's own takes its place.
	reg, err = plugin.NewRegistry(binding, plugin.WithSelfTest(time.Minute, func(context.Context, *counters) error { return nil }))
	require.NoError(t, err)
	_, err = reg.Load(ctx, "c", plugin.Bytes(countersModule(t)))
	require.NoError(t, err)
	require.NoError(t, reg.Close(ctx))
}

func TestBindingsThatDoNotFit(t *testing.T) {
	for want, make := range map[string]func() error{
		"the Binding is zero": func() error { _, err := plugin.NewRegistry(sandbox.Binding[*counters]{}); return err },
		"the import test:held/log is nil": func() error {
			_, err := plugin.NewRegistry(countersBinding(nil))
			return err
		},
		"WithSelfTest: the test is a func(context.Context, gohost.Functions) error": func() error {
			_, err := plugin.NewRegistry(countersBinding(ignore), untested)
			return err
		},
	} {
		assert.ErrorContains(t, make(), "plugin.NewRegistry: ")
		assert.ErrorContains(t, make(), want)
	}
	reg := newCounters(t, ignore)
	_, err := reg.Load(ctx, "c", plugin.Embedded())
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = reg.Load(ctx, "c", plugin.Bytes(engine(t)))
	require.ErrorIs(t, err, sandbox.ErrContract)
	assert.ErrorContains(t, err, "it does not export the interface test:held/counters@1.x")
}

// addOn calls add as a function of a plugin that is given a resource.
func (b *counters) addOn(ctx context.Context, r *counter) error {
	return sandbox.CallWith(ctx, b.caller, r.handle, 1, func(c *cabi.Call) error {
		c.PushU32(c.LowerBorrowedHandle(counterType, r.handle))
		c.PushU32(1)
		c.Invoke()
		return nil
	})
}

func TestAResourceOfAnotherPlugin(t *testing.T) {
	reg := newCounters(t, ignore, plugin.WithHistory(0))
	p := loadCounters(t, reg, countersModule(t))
	_, err := reg.Load(ctx, "other", plugin.Bytes(countersModule(t)))
	require.NoError(t, err)
	other, err := reg.Plugin("other")
	require.NoError(t, err)
	c, err := p.Binding().new(ctx, 40)
	require.NoError(t, err)
	err = other.Binding().addOn(ctx, c)
	require.ErrorIs(t, err, sandbox.ErrInvalidInput)
	require.NotErrorIs(t, err, sandbox.ErrLost)
	assert.ErrorContains(t, err, `plugin "other": [method]counter.add: invalid input: the resource belongs to another module`)

	again, err := reg.Plugin("c")
	require.NoError(t, err)
	require.NoError(t, again.Binding().addOn(ctx, c), "another Plugin of the same name")
	sum, err := c.add(ctx, 1)
	require.NoError(t, err)
	assert.Equal(t, uint32(42), sum)

	// A plugin that was removed and loaded again has other versions.
	require.NoError(t, reg.Unload(ctx, "c"))
	p = loadCounters(t, reg, countersModule(t))
	require.ErrorIs(t, again.Binding().addOn(ctx, c), sandbox.ErrLost)
	c, err = p.Binding().new(ctx, 1)
	require.NoError(t, err)
	require.NoError(t, again.Binding().addOn(ctx, c))
	require.NoError(t, c.close(ctx))
}

// The module chooses what a self-test sees, so that the test may panic.
func TestASelfTestThatPanics(t *testing.T) {
	var logged strings.Builder
	reg := newCounters(t, ignore, plugin.WithLogger(slog.New(slog.NewTextHandler(&logged, nil))),
		plugin.WithSelfTest(time.Minute, func(ctx context.Context, b *counters) error {
			c, err := b.new(ctx, 0)
			if err != nil {
				return err
			}
			sum, err := c.add(ctx, 3)
			if err != nil {
				return err
			}
			return []error{nil}[sum]
		}))
	_, err := reg.Load(ctx, "c", plugin.Bytes(countersModule(t)))
	require.ErrorIs(t, err, plugin.ErrSelfTest)
	assert.ErrorContains(t, err, "the test panicked: runtime error: index out of range [3] with length 1")
	assert.Contains(t, logged.String(), "binding_test.go")
	_, err = reg.Plugin("c")
	require.ErrorIs(t, err, plugin.ErrNotFound)
}

// What a self-test leaves open holds no instance.
func TestASelfTestThatLeavesResources(t *testing.T) {
	var left *counter
	reg := newCounters(t, ignore, plugin.WithDefaultLimits(plugin.Limits{MaxInstances: 1, MaxWaiters: plugin.NoWaiters}),
		plugin.WithSelfTest(time.Minute, func(ctx context.Context, b *counters) (err error) {
			left, err = b.new(ctx, 0)
			return err
		}))
	p := loadCounters(t, reg, countersModule(t))
	c, err := p.Binding().new(ctx, 1)
	require.NoError(t, err)
	_, err = left.add(ctx, 1)
	require.ErrorIs(t, err, sandbox.ErrLost)
	sum, err := c.add(ctx, 1)
	require.NoError(t, err)
	assert.Equal(t, uint32(2), sum)
	require.NoError(t, c.close(ctx))
}
