package store

import (
	"context"
	"fmt"
	"sync"
)

// locks allow one operation at a time on a plugin, in the order in which they
// came. Uploads take long, so they have a lock of their own before that: a rollback
// waits for the upload that runs, and not for those that wait. Operations on
// different plugins do not wait for each other.
type locks struct {
	mu sync.Mutex
	of map[string]*lock
}

type lock struct {
	users            int // that hold it or wait
	changes, uploads chan struct{}
}

// acquire waits for the lock of the plugin until the context ends.
func (l *locks) acquire(ctx context.Context, name string, upload bool) (release func(), err error) {
	mine := l.enter(name)
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
		l.leave(name)
		return nil, fmt.Errorf("while waiting for another change of plugin %q: %w", name, ctx.Err())
	}
	return func() {
		for _, q := range queues {
			<-q
		}
		l.leave(name)
	}, nil
}

func (l *locks) enter(name string) *lock {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.of == nil {
		l.of = map[string]*lock{}
	}
	mine := l.of[name]
	if mine == nil {
		mine = &lock{changes: make(chan struct{}, 1), uploads: make(chan struct{}, 1)}
		l.of[name] = mine
	}
	mine.users++
	return mine
}

func (l *locks) leave(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := l.of[name]
	if mine.users--; mine.users == 0 {
		delete(l.of, name)
	}
}
