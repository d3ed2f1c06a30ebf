package store

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/internal/plugindir"
	"example.org/compute-pipeline/gohost/internal/regular"
)

// hands holds the hashes of modules that were put into the directory by hand. Reading a
// file may take forever (it can be a link), so each is read by a goroutine of its own, max
// one per plugin, and all waiting for it is bounded.
type hands struct {
	mu      sync.Mutex
	last    map[string]string   // hashes of the last reads
	reading map[string]*reading // running reads
	readers sync.WaitGroup
}

type reading struct {
	done chan struct{}
	hash string // valid once it is done
	err  error
}

// handPatience is the max time that an operation waits for a module to be read. After
// that it uses the hash of the previous read.
const handPatience = 5 * time.Second

// byHand returns the SHA-256 of the module that was put into the directory by hand for
// the plugin, or an empty string. A file that cannot be a module (not a regular file, or
// larger than the plugin's limits allow) does not count.
func (s *Store[B]) byHand(ctx context.Context, name string) string {
	r := s.hands.read(name, func() (string, error) { return s.hashByHand(name) })
	limited, cancel := context.WithTimeout(ctx, s.handPatience)
	defer cancel()
	select {
	case <-r.done:
		if r.err != nil {
			s.logger.WarnContext(ctx, "a module that was put into the plugins directory by hand cannot be read; it is ignored", "plugin", name, "error", r.err)
		}
		return r.hash
	case <-limited.Done():
		last := s.hands.lastOf(name)
		s.logger.WarnContext(ctx, "reading a module that was put into the plugins directory by hand takes too long; it counts as unchanged", "plugin", name, "version", last)
		return last
	}
}

func (s *Store[B]) hashByHand(name string) (string, error) {
	limit := s.Defaults().MaxModuleBytes
	if settings, err := plugindir.ReadSettings(s.dir, name); err == nil && settings != nil {
		limit = cmp.Or(settings.Limits.MaxModuleBytes, limit)
	}
	sum := sha256.New()
	if err := regular.Copy(sum, s.handPath(name), int64(limit)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// read starts a read, or returns the running one.
func (h *hands) read(name string, hash func() (string, error)) *reading {
	h.mu.Lock()
	defer h.mu.Unlock()
	if r := h.reading[name]; r != nil {
		return r
	}
	if h.reading == nil {
		h.reading, h.last = map[string]*reading{}, map[string]string{}
	}
	r := &reading{done: make(chan struct{})}
	h.reading[name] = r
	h.readers.Go(func() { // ends with the read; Close waits for it
		defer close(r.done)
		r.hash, r.err = hash()
		if errors.Is(r.err, fs.ErrNotExist) {
			r.err = nil
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.reading, name)
		if r.hash == "" {
			delete(h.last, name)
		} else {
			h.last[name] = r.hash
		}
	})
	return r
}

func (h *hands) lastOf(name string) string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.last[name]
}

// wait waits until no read is running, or the context ends.
func (h *hands) wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { // ends with the reads
		h.readers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
