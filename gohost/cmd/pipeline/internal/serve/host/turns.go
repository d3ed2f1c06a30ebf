package host

import (
	"context"
	"fmt"
	"sync"
)

// turns lets one operation at a time change a plugin, in the order in which they
// came. Of uploads, which take long, one at a time takes part in that: a rollback
// waits for the one that runs, and not for those that wait. Operations on
// different plugins do not wait for each other.
type turns struct {
	mu sync.Mutex
	of map[string]*turn
}

type turn struct {
	users            int // that have it or wait
	changes, uploads chan struct{}
}

// take waits for the turn of the plugin, as long as the context lets it.
func (t *turns) take(ctx context.Context, name string, upload bool) (giveBack func(), err error) {
	mine := t.enter(name)
	queues := []chan struct{}{mine.changes}
	if upload {
		queues = []chan struct{}{mine.uploads, mine.changes}
	}
	for i, q := range queues {
		select {
		case q <- struct{}{}:
			continue
		case <-ctx.Done():
		}
		for _, q := range queues[:i] {
			<-q
		}
		t.leave(name)
		return nil, fmt.Errorf("while waiting for another change of plugin %q: %w", name, ctx.Err())
	}
	return func() {
		for _, q := range queues {
			<-q
		}
		t.leave(name)
	}, nil
}

func (t *turns) enter(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[string]*turn{}
	}
	mine := t.of[name]
	if mine == nil {
		mine = &turn{changes: make(chan struct{}, 1), uploads: make(chan struct{}, 1)}
		t.of[name] = mine
	}
	mine.users++
	return mine
}

func (t *turns) leave(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	mine := t.of[name]
	if mine.users--; mine.users == 0 {
		delete(t.of, name)
	}
}
