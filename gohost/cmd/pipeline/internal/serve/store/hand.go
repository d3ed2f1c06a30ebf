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

// hands knows the modules that were put into the directory by hand. A file can be
// a link to where reading takes for ever, so each is read by a goroutine of its
// own, one for each plugin at most, and nobody waits for it longer than they can.
type hands struct {
	mu      sync.Mutex
	last    map[string]string   // hashes, as they were read last
	reading map[string]*reading // that have not ended
	readers sync.WaitGroup
}

type reading struct {
	done chan struct{}
	hash string // once it is done
	err  error
}

// handPatience is how long an operation waits for a module to be read. After that
// it goes by the hash of the time before.
const handPatience = 5 * time.Second

// byHand is the SHA-256 of the module that was put into the directory for the
// plugin by hand, or empty. What could not be a module (no regular file, or one
// larger than the plugin's limits allow) counts as none.
func (s *Store) byHand(ctx context.Context, name string) string {
	r := s.hands.read(name, func() (string, error) { return s.hashByHand(name) })
	limited, cancel := context.WithTimeout(ctx, s.handPatience)
	defer cancel()
	select {
	case <-r.done:
		if r.err != nil {
			s.logger.WarnContext(ctx, "a module that was put into the plugins directory by hand cannot be read; it counts as none", "plugin", name, "error", r.err)
		}
		return r.hash
	case <-limited.Done():
		last := s.hands.lastOf(name)
		s.logger.WarnContext(ctx, "reading a module that was put into the plugins directory by hand takes too long; it counts as unchanged", "plugin", name, "version", last)
		return last
	}
}

func (s *Store) hashByHand(name string) (string, error) {
	limit := s.Defaults().MaxModuleBytes
	if limits, err := plugindir.ReadLimits(s.dir, name); err == nil && limits != nil {
		limit = cmp.Or(limits.MaxModuleBytes, limit)
	}
	sum := sha256.New()
	if err := regular.Copy(sum, s.handPath(name), int64(limit)); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// read begins to read, or joins those who wait for it.
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
	h.readers.Go(func() { // ends with the reading; Close waits for it
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

// wait waits until nothing is read any more, as long as the context lets it.
func (h *hands) wait(ctx context.Context) {
	done := make(chan struct{})
	go func() { // ends with the readings
		h.readers.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
}
