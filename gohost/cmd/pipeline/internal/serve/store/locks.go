package store

import (
	"context"
	"fmt"
	"sync"
)

// locks allows one operation at a time per plugin, in order of arrival. Uploads take long,
// so they take another lock first: a rollback waits for the running upload, and not for
// waiting ones. Operations on different plugins do not wait for each other.
type locks struct {
	mu sync.Mutex
	of map[string]*lock
}

type lock struct {
	users            int // operations that hold it or wait for it
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
