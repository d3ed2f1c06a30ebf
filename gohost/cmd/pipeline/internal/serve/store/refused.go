package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/plugin"
)

const refusedPrefix = ".refused-"

// Refusal is why the last upload of a plugin was refused. It is the file
// .uploads/.refused-NAME, so that it outlives the process:
//
//	refused TIME
//	TEXT
type Refusal struct {
	At time.Time
	// Reason has at most maxReason bytes.
	Reason string
}

// refusals holds the refusals by plugin.
type refusals struct {
	mu sync.Mutex
	of map[string]Refusal
}

func (r *refusals) get(name string) (Refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	refusal, ok := r.of[name]
	return refusal, ok
}

func (r *refusals) set(name string, refusal Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]Refusal{}
	}
	r.of[name] = refusal
}

// clear forgets a refusal, and reports whether there was one.
func (r *refusals) clear(name string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.of[name]
	delete(r.of, name)
	return ok
}

func (s *Store[B]) refusedPath(name string) string {
	return filepath.Join(s.dir, uploadsDir, refusedPrefix+name)
}

// refuse records why an upload was refused, if the plugin has a version and so a status.
// That is only a record: if it cannot be stored, the next start does not know.
func (s *Store[B]) refuse(ctx context.Context, name string, err error) {
	if _, none := s.Registry.Status(name); none != nil || !isOfModule(err) {
		return
	}
	refusal := Refusal{At: time.Now().UTC().Truncate(time.Second), Reason: bounded(err)}
	s.refusals.set(name, refusal)
	path := s.refusedPath(name)
	text := fmt.Sprintf("refused %s\n%s", refusal.At.Format(time.RFC3339), refusal.Reason)
	failed := s.makeDir(filepath.Dir(path))
	if failed == nil {
		failed = atomicfile.WriteIn(s.system, path, []byte(text))
	}
	if failed != nil {
		s.logger.WarnContext(ctx, "why an upload was refused could not be stored", "plugin", name, "error", failed)
	}
}

// isOfModule reports whether a load failed because of the module. Other reasons may be
// confidential, and say nothing about the next load.
func isOfModule(err error) bool {
	if errors.Is(err, plugin.ErrNotCommitted) {
		return false
	}
	for _, class := range []error{
		plugin.ErrSelfTest, plugin.ErrHash, plugin.ErrSignature, plugin.ErrManifest, plugin.ErrGrade, plugin.ErrHeldBack,
		gohost.ErrContract, gohost.ErrTrap, gohost.ErrABI, gohost.ErrLimit,
	} {
		if errors.Is(err, class) {
			return true
		}
	}
	return false
}

// forgive forgets why an upload was refused, since a later one was loaded or the plugin is
// gone.
func (s *Store[B]) forgive(ctx context.Context, name string) {
	if s.refusals.clear(name) {
		s.remove(ctx, s.refusedPath(name))
	}
}

// readRefused reads the refusal of a plugin at the start. A damaged file counts as missing.
func (s *Store[B]) readRefused(ctx context.Context, name string) {
	path := s.refusedPath(name)
	text, err := regular.Read(path, maxStateFile)
	if err == nil {
		header, reason, _ := strings.Cut(string(text), "\n")
		var at time.Time
		if at, err = time.Parse("refused "+time.RFC3339, header); err == nil {
			s.refusals.set(name, Refusal{At: at, Reason: strings.ToValidUTF8(reason, "?")})
			return
		}
	}
	if !errors.Is(err, os.ErrNotExist) {
		s.logger.WarnContext(ctx, "why an upload was refused cannot be read", "file", path, "error", err)
	}
}
