package host

import "time"

// Waiting is how many operations on the plugin run or wait for their turn.
func (h *Host) Waiting(name string) int {
	h.turns.mu.Lock()
	defer h.turns.mu.Unlock()
	if t := h.turns.of[name]; t != nil {
		return t.users
	}
	return 0
}

// SetHandPatience is how long an operation waits for a module that was put there
// by hand.
func (h *Host) SetHandPatience(d time.Duration) { h.handPatience = d }

// StickReading has the reading of the plugin's module by hand last until the
// returned function is called.
func (h *Host) StickReading(name string) (release func()) {
	stuck := make(chan struct{})
	started := make(chan struct{})
	h.hands.read(name, func() (string, error) {
		close(started)
		<-stuck
		return h.hashByHand(name)
	})
	<-started
	return func() { close(stuck) }
}
