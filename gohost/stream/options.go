package stream

import (
	"fmt"
	"time"

	"example.org/compute-pipeline/gohost"
)

// Option configures an operator in [New] and [Restore].
type Option func(*config) error

type config struct {
	disorder  uint64
	explicit  bool
	sources   []string
	idle      time.Duration
	now       func() time.Time
	lateness  uint64
	expiry    uint64 // 0 means never
	late      func(Late) error
	batch     int
	maxMemory int64
	maxKeys   int
	maxCells  int
	spill     string
	label     string
}

func newConfig(opts []Option) (config, error) {
	c := config{
		now:       time.Now,
		batch:     1024,
		maxMemory: 256 << 20,
		maxKeys:   1 << 20,
		maxCells:  1 << 20,
	}
	for _, opt := range opts {
		if opt == nil {
			return config{}, fmt.Errorf("%w: an Option is nil", gohost.ErrInvalidInput)
		}
		if err := opt(&c); err != nil {
			return config{}, err
		}
	}
	return c, nil
}

func badOption(format string, args ...any) error {
	return fmt.Errorf("%w: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
}

// WithDisorder makes the watermark of a source its largest timestamp so far minus d: a point is
// expected no later than another that is more than d larger. The default is 0, for points in order.
func WithDisorder(d uint64) Option {
	return func(c *config) error {
		c.disorder = d
		return nil
	}
}

// WithExplicitWatermarks makes [Operator.Advance] the only thing that moves the watermark.
func WithExplicitWatermarks() Option {
	return func(c *config) error {
		c.explicit = true
		return nil
	}
}

// WithSources names sources in advance. The watermark waits for each of them. Without it a
// source counts from its first point on. [Operator.Push] uses the source "".
func WithSources(names ...string) Option {
	return func(c *config) error {
		c.sources = append(c.sources, names...)
		return nil
	}
}

// WithIdle makes a source idle that has had no points for longer than the timeout, as
// [Operator.Tick] finds: the watermark no longer waits for it. If all sources are idle, the
// watermark is that of the fastest. A point makes the source active again. A nil clock is
// time.Now. By default no source is idle.
//
// Which points are late then depends on when they come, and not on their order alone.
func WithIdle(timeout time.Duration, clock func() time.Time) Option {
	return func(c *config) error {
		if timeout <= 0 {
			return badOption("WithIdle(%v): the timeout must be positive", timeout)
		}
		c.idle = timeout
		if clock != nil {
			c.now = clock
		}
		return nil
	}
}

// WithLateness keeps windows until the watermark is d beyond their end. Points that come for them
// meanwhile make new revisions of their results. The default is 0.
func WithLateness(d uint64) Option {
	return func(c *config) error {
		c.lateness = d
		return nil
	}
}

// WithExpiry forgets a key that has been without points for more than d: the watermark is more than d
// beyond its largest timestamp, and beyond what the watermark was when its last point came. The
// results of its open windows are emitted, in the order of their starts, after those of windows that
// have ended, and it is counted ([Stats]). A later point starts the key anew, and results have another
// Life: a result is of the points of one life. It is for keys that end in long windows, such as those
// of [Global]; a window that ends, with the lateness, within d of its last point is not affected. By
// default no key expires. Sessions do not need it, and cannot have it: a key is forgotten with its
// last session.
func WithExpiry(d uint64) Option {
	return func(c *config) error {
		if d == 0 {
			return badOption("WithExpiry(0): expected at least 1")
		}
		c.expiry = d
		return nil
	}
}

// WithLate calls f with each late point, before [Operator.Push] returns. If f returns an error, the
// point is not taken, and Push returns the error. Without it late points are only counted
// ([Stats]).
func WithLate(f func(Late) error) Option {
	return func(c *config) error {
		c.late = f
		return nil
	}
}

// WithBatch sets how many points of a window are folded at a time, from 1 to 65,536. The default is
// 1,024. Points that wait for their batch use 16 bytes each.
func WithBatch(n int) Option {
	return func(c *config) error {
		if n < 1 || n > 1<<16 {
			return badOption("WithBatch(%d): expected 1 to 65536", n)
		}
		c.batch = n
		return nil
	}
}

// WithMaxMemory limits the memory for keys, windows, states and points, in bytes, as an estimate: the
// windows of one point may exceed it by the room for a batch each ([WithBatch]). The default is 256
// MiB.
func WithMaxMemory(n int64) Option {
	return func(c *config) error {
		if n < 1 {
			return badOption("WithMaxMemory(%d): expected at least 1", n)
		}
		c.maxMemory = n
		return nil
	}
}

// WithMaxKeys limits the number of keys that have windows. The default is 1,048,576.
func WithMaxKeys(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return badOption("WithMaxKeys(%d): expected at least 1", n)
		}
		c.maxKeys = n
		return nil
	}
}

// WithMaxWindows limits the number of windows of all keys. The default is 1,048,576.
func WithMaxWindows(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return badOption("WithMaxWindows(%d): expected at least 1", n)
		}
		c.maxCells = n
		return nil
	}
}

// WithSpill moves states to a temporary file in a directory where memory would exceed its
// limit: those first that have had no points for long. "" is the system's directory for temporary
// files. [Operator.Close] removes the file; on Unix it has no name from the start.
func WithSpill(dir string) Option {
	return func(c *config) error {
		if dir == "" {
			dir = tempDir()
		}
		c.spill = dir
		return nil
	}
}

// WithLabel sets a text that a snapshot keeps, such as the version of the engine. [Restore] refuses
// a snapshot with another one.
func WithLabel(text string) Option {
	return func(c *config) error {
		c.label = text
		return nil
	}
}
