package main

import (
	"context"
	"log/slog"
	"strconv"
	"sync"

	"example.org/compute-pipeline/examples/filter/filter"
	"example.org/compute-pipeline/gohost/wit"
)

// maxKeys is the max number of keys of a store, since modules choose them.
const maxKeys = 1000

// logger implements the imported interface log.
type logger struct{ *slog.Logger }

func (l logger) Write(ctx context.Context, level filter.Level, message string) error {
	levels := [...]slog.Level{slog.LevelDebug, slog.LevelInfo, slog.LevelWarn, slog.LevelError}
	l.Log(ctx, levels[level], message)
	return nil
}

// store implements the imported interface store, in memory.
type store struct {
	settings map[string]string // the bucket settings, which nobody changes

	mu     sync.Mutex
	counts map[key]uint64
}

type key struct{ bucket, key string }

func newStore(settings map[string]string) *store {
	return &store{settings: settings, counts: map[key]uint64{}}
}

func (s *store) NewBucket(_ context.Context, name string) (filter.Bucket, error) {
	return bucket{store: s, name: name}, nil
}

// count returns the number under a key.
func (s *store) count(bucket, name string) uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.counts[key{bucket, name}]
}

// bucket implements the imported resource bucket.
type bucket struct {
	store *store
	name  string
}

func (b bucket) Get(_ context.Context, name string) (wit.Option[string], error) {
	if b.name == "settings" {
		value, ok := b.store.settings[name]
		return wit.Option[string]{Value: value, Valid: ok}, nil
	}
	return wit.Some(strconv.FormatUint(b.store.count(b.name, name), 10)), nil
}

func (b bucket) Add(_ context.Context, name string, n uint64) (uint64, error) {
	if b.name == "settings" {
		return 0, filter.StoreErrorReadOnly{}
	}
	b.store.mu.Lock()
	defer b.store.mu.Unlock()
	counts := b.store.counts
	k := key{b.name, name}
	if _, ok := counts[k]; !ok && len(counts) == maxKeys {
		return 0, filter.StoreErrorFull{Value: maxKeys}
	}
	counts[k] += n
	return counts[k], nil
}

func (b bucket) Close(context.Context) error { return nil }
