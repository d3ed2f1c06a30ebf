package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/plugin"
)

// unfinished records which modules of the directory are being loaded, and which loads
// never ended because the process died. Each has a file, .uploads/.loading-HASH, from
// before it is compiled until after its self-test. So a module that kills the process does
// that once: the next start finds the file and skips the module, until an operator asks
// for it ([Store.Retry], [Store.Upload]) or another module replaces it.
type unfinished struct {
	mu      sync.Mutex
	died    map[string]string // texts of the files of earlier processes, by hash
	loading map[string]int    // number of running loads, by hash
	stale   map[string]bool   // files that could not be removed after the load
	warned  bool              // files cannot be written, which was logged
}

const loadingPrefix = ".loading-"

func (s *Store[B]) marker(hash string) string {
	return filepath.Join(s.dir, uploadsDir, loadingPrefix+hash)
}

// readUnfinished reads the files of earlier processes.
func (s *Store[B]) readUnfinished() error {
	u := &s.unfinished
	u.died, u.loading, u.stale = map[string]string{}, map[string]int{}, map[string]bool{}
	entries, err := os.ReadDir(filepath.Join(s.dir, uploadsDir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("the plugins directory: %w", err)
	}
	for _, e := range entries {
		hash, ok := strings.CutPrefix(e.Name(), loadingPrefix)
		if !ok || !hexHash.MatchString(hash) {
			continue
		}
		// The hash in the name counts; the text is for people.
		text, err := regular.Read(s.marker(hash), maxStateFile)
		if err != nil {
			text = []byte(err.Error())
		}
		u.died[hash] = strings.TrimSpace(string(text))
		s.logger.Error("an earlier process ended while it loaded a module, which is skipped until an operator asks for it", "version", hash, "load", u.died[hash])
	}
	return nil
}

// gate decides whether a module may be compiled ([plugin.WithGate]).
func (s *Store[B]) gate(ctx context.Context, c plugin.Candidate) (done func(), err error) {
	if s.dir == "" {
		return func() {}, nil
	}
	u := &s.unfinished
	u.mu.Lock()
	defer u.mu.Unlock()
	op := operationOf(ctx)
	if text, ok := u.died[c.Hash]; ok && (op == nil || op.upload == nil && !op.retry) {
		return nil, fmt.Errorf("an earlier process ended while it loaded this module (%s); it is skipped until an operator asks for it", text)
	}
	if op != nil && op.upload != nil {
		// An upload is not stored yet, so no start will load it.
		return func() { s.pardon(context.WithoutCancel(ctx), c.Hash) }, nil
	}
	if u.loading[c.Hash]++; u.loading[c.Hash] == 1 {
		s.mark(ctx, c)
	}
	return func() { s.unmark(context.WithoutCancel(ctx), c.Hash) }, nil
}

// mark writes the file. If that fails, the module is loaded anyway: the service must start
// with a read-only directory too.
func (s *Store[B]) mark(ctx context.Context, c plugin.Candidate) {
	path := s.marker(c.Hash)
	err := s.makeDir(filepath.Dir(path))
	if err == nil {
		text := fmt.Sprintf("plugin %s, begun %s\n", c.Plugin, time.Now().UTC().Format(time.RFC3339))
		err = atomicfile.WriteIn(s.system, path, []byte(text))
	}
	if err != nil && !s.unfinished.warned {
		s.unfinished.warned = true
		s.logger.WarnContext(ctx, "cannot record which module is being loaded; each start will retry one that kills the process", "error", err)
	}
}

func (s *Store[B]) unmark(ctx context.Context, hash string) {
	u := &s.unfinished
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.loading[hash]--; u.loading[hash] > 0 {
		return
	}
	delete(u.loading, hash)
	delete(u.died, hash)
	s.removeMarker(ctx, hash)
}

// pardon allows another load of a module during whose load a process died.
func (s *Store[B]) pardon(ctx context.Context, hash string) {
	u := &s.unfinished
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.died[hash]; ok && u.loading[hash] == 0 {
		delete(u.died, hash)
		s.removeMarker(ctx, hash)
	}
}

func (s *Store[B]) removeMarker(ctx context.Context, hash string) {
	err := s.system.Remove(s.marker(hash))
	if delete(s.unfinished.stale, hash); err != nil && !errors.Is(err, fs.ErrNotExist) {
		s.unfinished.stale[hash] = true // Close tries again
		s.logger.ErrorContext(ctx, "the next start will skip a module as if it had killed the process, which it did not", "version", hash, "error", err)
	}
}

// removeStale tries again to remove files that could not be removed.
func (s *Store[B]) removeStale(ctx context.Context) {
	u := &s.unfinished
	u.mu.Lock()
	defer u.mu.Unlock()
	for hash := range u.stale {
		if u.loading[hash] == 0 {
			s.removeMarker(ctx, hash)
		}
	}
}
