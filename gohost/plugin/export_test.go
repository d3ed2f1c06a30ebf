package plugin

import "time"

// WithClock is the clock of the circuit breakers.
func WithClock(now func() time.Time) Option {
	return func(c *config) error {
		c.now = now
		return nil
	}
}

// SelfTestJSON is the file of vectors, for the test that it is a part of
// tests/vectors.
var SelfTestJSON = selfTestJSON
