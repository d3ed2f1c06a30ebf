// Package peer has the ways to do the work that are compared: each is a [Peer].
package peer

import (
	"context"
	"slices"
	"time"

	"example.org/compute-pipeline/bench/work"
)

// Peer is one way to do the work.
type Peer struct {
	Name string
	// How says how it is called.
	How string
	// Exact peers return the engine's bits; others round at every step.
	Exact bool
	// Aggregates and Parses say which work it does.
	Aggregates, Parses bool
	// Most is the largest number of points that it is measured with, if not 0.
	Most int
	// Sandboxed peers have instances, whose start and memory are measured.
	Sandboxed bool
	// Module is the Go module, or crate, that it comes from, if any.
	Module string
	// Open starts it from nothing: what a program does once.
	Open func(Files) (Host, error)
}

// Host starts instances.
type Host interface {
	// Service returns one more instance, for one goroutine.
	Service() (Service, error)
	// Close frees everything.
	Close() error
}

// Service does the work.
type Service interface {
	Aggregate(ctx context.Context, points []work.Point) (work.Moments, error)
	// Parse appends to dst, which it may also ignore.
	Parse(ctx context.Context, dst []work.Point, text []byte) ([]work.Point, error)
	Close() error
}

// Timed is a Service in another program, which measures its calls itself: what it costs to send
// points to that program is no part of them.
type Timed interface {
	TimeAggregate(points []work.Point, calls int) (time.Duration, error)
	TimeParse(text []byte, calls int) (time.Duration, error)
}

// Grower is a Host whose one service uses several instances.
type Grower interface {
	Grow(points []work.Point, n int) error
}

// Tenancy is a Host with a larger unit than an instance for those who share nothing.
type Tenancy interface {
	Tenant() (Service, error)
}

// Files are the paths of what was built for the bench.
type Files struct {
	// Core and Component are the engine, unmetered.
	Core, Component string
	// Extism, Protobuf and Wasmtime are plugins and programs of the bench.
	Extism, Protobuf, Wasmtime string
	// Cache is a directory for compiled code that is filled already.
	Cache string
}

// All are the peers, ours first.
func All() []Peer {
	return slices.Concat(Engines(), Native(), []Peer{Bare()}, wasmtimeGo(), Wasmtime(), []Peer{Wazy()}, Extism(), Knqyf263(), Hashicorp())
}
