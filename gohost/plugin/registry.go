package plugin

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Registry holds the plugins of a service by name. Each implements the contract of the
// registry's binding, and B has the contract's functions. It is safe for concurrent use.
// Calls of plugins never wait for a load.
type Registry[B any] struct {
	*core
	bind func(sandbox.Caller) B
}

// core is a registry without the type of its binding.
type core struct {
	config   config
	contract contract

	// closing ends with the first Close, and with it loads that run; killed when
	// a Close has no more time for the calls that run.
	closing, killed        context.Context
	closeLoads, killDrains context.CancelFunc

	work sync.WaitGroup // changes and drains that run

	mu     sync.Mutex // guards the fields below
	closed bool
	slots  map[string]*slot
}

// NewRegistry returns an empty registry of plugins for a binding: that of a generated
// package, or gohost.Binding. An invalid option is a gohost.ErrInvalidInput that names
// the option.
func NewRegistry[B any](binding sandbox.Binding[B], opts ...Option) (*Registry[B], error) {
	c, err := newConfig(opts)
	if err != nil {
		return nil, fmt.Errorf("plugin.NewRegistry: %w", err)
	}
	contract, err := contractOf(binding, c.selfTest)
	if err != nil {
		return nil, fmt.Errorf("plugin.NewRegistry: %w", err)
	}
	if c.requireGrade != grade.Stable && !contract.graded {
		return nil, fmt.Errorf("plugin.NewRegistry: %w", invalid("WithRequireGrade: only the engine's contract has grades"))
	}
	r := &core{config: c, contract: contract, slots: map[string]*slot{}}
	r.closing, r.closeLoads = context.WithCancel(context.Background())
	r.killed, r.killDrains = context.WithCancel(context.Background())
	return &Registry[B]{core: r, bind: binding.Bind}, nil
}

// Defaults returns the limits of plugins without limits of their own.
func (r *core) Defaults() Limits { return r.config.defaults }

// Plugin returns a handle to the plugin with the name, or [ErrNotFound]. The handle
// stays valid for all versions of the plugin, even if it is removed and loaded again.
func (r *Registry[B]) Plugin(name string) (*Plugin[B], error) {
	s, err := r.lookup(name)
	if err != nil {
		return nil, err
	}
	h := &handle{registry: r.core, name: name}
	h.slot.Store(s)
	return &Plugin[B]{handle: h, binding: r.bind(&caller{handle: h}), bind: r.bind}, nil
}

// List returns the status of all plugins, sorted by name.
func (r *core) List() []Status {
	r.mu.Lock()
	slots := slices.SortedFunc(maps.Values(r.slots), func(a, b *slot) int { return strings.Compare(a.name, b.name) })
	r.mu.Unlock()
	list := make([]Status, 0, len(slots))
	for _, s := range slots {
		if st := s.status(); len(st.Versions) > 0 { // otherwise its first load is running
			list = append(list, st)
		}
	}
	return list
}

// Status returns the status of one plugin, or [ErrNotFound].
func (r *core) Status(name string) (Status, error) {
	s, err := r.lookup(name)
	if err != nil {
		return Status{}, err
	}
	return s.status(), nil
}

// lookup finds a slot that has versions.
func (r *core) lookup(name string) (*slot, error) {
	r.mu.Lock()
	closed, s := r.closed, r.slots[name]
	r.mu.Unlock()
	if closed {
		return nil, r.errClosed()
	}
	if s == nil || s.find(func(*version) bool { return true }) == nil {
		return nil, fmt.Errorf("plugin %q: %w", name, ErrNotFound)
	}
	return s, nil
}

func (r *core) errClosed() error { return fmt.Errorf("the plugin registry: %w", gohost.ErrClosed) }

// change runs f while nothing else changes the plugin. It creates the plugin if create
// is true. The context of f ends with the registry too.
func (r *core) change(ctx context.Context, name string, create bool, f func(context.Context, *slot) error) error {
	if err := CheckName(name); err != nil {
		return err
	}
	s, err := r.hold(name, create)
	if err != nil {
		return err
	}
	defer r.letGo(s)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(r.closing, cancel)()
	if err = s.acquire(ctx); err == nil {
		// Not ctx: it ends a moment later.
		if err = r.closing.Err(); err == nil {
			err = f(ctx, s)
		}
		s.release()
	}
	if err != nil && r.closing.Err() != nil {
		return r.errClosed()
	}
	return err
}

func (r *core) hold(name string, create bool) (*slot, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return nil, r.errClosed()
	}
	s := r.slots[name]
	if s == nil && !create {
		return nil, ErrNotFound
	}
	if s == nil {
		s = newSlot(name)
		r.slots[name] = s
	}
	s.users++
	r.work.Add(1) // with the mutex held, so before Close waits
	return s, nil
}

// letGo removes the slot of a plugin that has no version.
func (r *core) letGo(s *slot) {
	r.mu.Lock()
	s.users--
	if s.users == 0 && s.find(func(*version) bool { return true }) == nil {
		delete(r.slots, s.name)
	}
	r.mu.Unlock()
	r.work.Done()
}

// Close closes the registry. It abandons running loads, and waits for running calls,
// each plugin's for at most its DrainTimeout. New calls and loads fail with
// gohost.ErrClosed. If the context ends first, Close stops the remaining calls
// ([ErrDrained]) and returns the context's error. Closing again only waits.
func (r *core) Close(ctx context.Context) error {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	slots := slices.Collect(maps.Values(r.slots))
	r.mu.Unlock()
	r.closeLoads()
	if first {
		r.work.Go(func() {
			for _, s := range slots {
				s.lock <- struct{}{} // waits for an abandoned load, or a drain
				r.remove(s)
				s.release()
			}
		})
	}
	done := make(chan struct{})
	go func() {
		r.work.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	r.killDrains()
	return fmt.Errorf("close of the plugin registry, while calls run: %w", ctx.Err())
}
