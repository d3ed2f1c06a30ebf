package store

import "time"

// Waiting is how many operations on the plugin hold its lock or wait for it.
func (s *Store[B]) Waiting(name string) int {
	s.locks.mu.Lock()
	defer s.locks.mu.Unlock()
	if t := s.locks.of[name]; t != nil {
		return t.users
	}
	return 0
}

// SetHandPatience is how long an operation waits for a module that was put there
// by hand.
func (s *Store[B]) SetHandPatience(d time.Duration) { s.handPatience = d }

// StickReading has the reading of the plugin's module by hand last until the
// returned function is called.
func (s *Store[B]) StickReading(name string) (release func()) {
	stuck := make(chan struct{})
	started := make(chan struct{})
	s.hands.read(name, func() (string, error) {
		close(started)
		<-stuck
		return s.hashByHand(name)
	})
	<-started
	return func() { close(stuck) }
}
