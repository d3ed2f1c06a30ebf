package store

import (
	"errors"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/plugin"
)

// Failure describes a module of the directory that could not be loaded. It is not retried
// by itself.
type Failure struct {
	// SHA256 is the module's hash, if it is known; File is its path.
	SHA256, File string
	Reason       string
	At           time.Time
}

// failures holds the failures by plugin and file.
type failures struct {
	mu sync.Mutex
	of map[string]map[string]Failure
}

func (f *failures) add(name string, failure Failure) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.of == nil {
		f.of = map[string]map[string]Failure{}
	}
	if f.of[name] == nil {
		f.of[name] = map[string]Failure{}
	}
	f.of[name][failure.File] = failure
}

// loaded forgets the failure of a file.
func (f *failures) loaded(name, file string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if delete(f.of[name], file); len(f.of[name]) == 0 {
		delete(f.of, name)
	}
}

// forget forgets all failures of a plugin.
func (f *failures) forget(name string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.of, name)
}

// list returns the failures of a plugin, sorted by file.
func (f *failures) list(name string) []Failure {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.SortedFunc(maps.Values(f.of[name]), func(a, b Failure) int { return strings.Compare(a.File, b.File) })
}

// stored returns the hashes of failed modules in a directory of uploads.
func (f *failures) stored(name, dir string) (hashes []string) {
	for _, failure := range f.list(name) {
		if filepath.Dir(failure.File) == dir {
			hashes = append(hashes, failure.SHA256)
		}
	}
	return hashes
}

func (f *failures) plugins() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Collect(maps.Keys(f.of))
}

// logged holds, by plugin, the error of the last load, which the registry has logged: one
// line in the log is enough.
type logged struct {
	mu sync.Mutex
	of map[string]error
}

func (l *logged) set(name string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		delete(l.of, name)
		return
	}
	if l.of == nil {
		l.of = map[string]error{}
	}
	l.of[name] = err
}

// is reports whether err is or wraps the error that was logged.
func (l *logged) is(name string, err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := l.of[name]
	return last != nil && errors.Is(err, last)
}

// reasons holds, by plugin, why it does not serve the version that it should.
type reasons struct {
	mu sync.Mutex
	of map[string]string
}

func (r *reasons) set(name, reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.of == nil {
		r.of = map[string]string{}
	}
	r.of[name] = reason
}

func (r *reasons) clear(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.of, name)
}

func (r *reasons) get(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.of[name]
}

func (r *reasons) plugins() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.of))
}

// Status is the status of a plugin and of its files.
type Status struct {
	plugin.Status
	World World
	// Degraded is why the active version is not the one that served before the start,
	// or empty.
	Degraded string
	// Failures are the modules in the directory that could not be loaded.
	Failures []Failure
	// Refusal is why the last upload was refused by an earlier process, or nil.
	Refusal *Refusal
}

// List returns the status of all plugins, sorted by name, including plugins without a
// module that could be loaded.
func (s *Store[B]) List() []Status {
	var list []Status
	seen := map[string]bool{}
	for _, st := range s.Registry.List() {
		seen[st.Name] = true
		list = append(list, s.status(st))
	}
	for _, name := range s.failures.plugins() {
		if !seen[name] {
			list = append(list, s.status(nothing(name)))
		}
	}
	slices.SortFunc(list, func(a, b Status) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// Status returns the status of one plugin.
func (s *Store[B]) Status(name string) (Status, error) {
	st, err := s.Registry.Status(name)
	if err != nil {
		if len(s.failures.list(name)) == 0 {
			return Status{}, err
		}
		st = nothing(name)
	}
	return s.status(st), nil
}

func (s *Store[B]) status(st plugin.Status) Status {
	out := Status{Status: st, World: s.world, Degraded: s.degraded.get(st.Name), Failures: s.failures.list(st.Name)}
	if refusal, ok := s.refusals.get(st.Name); ok && st.LoadError == nil {
		out.Refusal = &refusal
	}
	return out
}

// nothing returns the status of a plugin without a version.
func nothing(name string) plugin.Status {
	return plugin.Status{Name: name, Breaker: plugin.BreakerStatus{State: plugin.BreakerClosed}}
}

// Readiness returns the names of the plugins that should have served since the start but
// have no active version, and of those that serve another version than they should.
func (s *Store[B]) Readiness() (missing, degraded []string) {
	for _, name := range s.expected.plugins() {
		if st, err := s.Registry.Status(name); err != nil || st.Active.Hash == "" {
			missing = append(missing, name)
		}
	}
	return missing, s.degraded.plugins()
}
