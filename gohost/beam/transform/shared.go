package transform

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
)

// A shared is an engine of this process, with those who use it.
type shared struct {
	key   string
	users int // guarded by engines.mu

	once sync.Once
	opened
	err error // of opening it
}

// engines are those of this process. Workers set up each function several times, and several
// functions have the same engine.
var engines = struct {
	mu   sync.Mutex
	open map[string]*shared
}{open: map[string]*shared{}}

// acquire returns the process's engine of that kind, and opens it if it is the first to ask. Each
// engine that it returns must be released.
func acquire(ctx context.Context, e Engine) (*shared, error) {
	key, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("transform.Engine: %w", err)
	}
	engines.mu.Lock()
	s := engines.open[string(key)]
	if s == nil {
		s = &shared{key: string(key)}
		engines.open[s.key] = s
	}
	s.users++
	engines.mu.Unlock()

	s.once.Do(func() { s.opened, s.err = e.open(ctx) })
	if s.err != nil {
		// The next Setup tries again, since the file of a plugin may be there by then.
		s.leave()
		return nil, s.err
	}
	return s, nil
}

// release gives an engine back; the last user closes it, also if the work was cancelled. Nil is
// no engine.
func (s *shared) release(ctx context.Context) error {
	if s == nil || !s.leave() {
		return nil
	}
	return s.close(context.WithoutCancel(ctx)) // no call is left to wait for
}

// leave removes a user, and reports whether it was the last one. An engine that nobody uses, or
// that could not be opened, is found by nobody.
func (s *shared) leave() (last bool) {
	engines.mu.Lock()
	defer engines.mu.Unlock()
	s.users--
	if (s.users == 0 || s.err != nil) && engines.open[s.key] == s {
		delete(engines.open, s.key)
	}
	return s.users == 0
}
