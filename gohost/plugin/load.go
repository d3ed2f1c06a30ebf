package plugin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/internal/text"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Load loads a module as the new version of a plugin and activates it, as the package
// documentation describes. It creates the plugin if there is none with the name.
// Running calls stay on the old version. Loads of one plugin run one at a time, in the
// order of the calls.
//
// It fails with gohost.ErrInvalidInput for an invalid name or option, with
// gohost.ErrLimit for a module that is too large, with [ErrHash], [ErrSignature],
// [ErrManifest], [ErrGrade], [ErrHeldBack], [ErrSelfTest], [ErrNotCommitted], or with an
// error of gohost.Load. Then everything stays as it was.
//
// A module with the same bytes, limits and grants as the active version changes
// nothing. If they equal those of another kept version, Load activates that version.
// Grants are compared as [gohost.Grant] Equal says.
//
// The end of the context stops waiting for other loads and for a compiler, and the
// self-test. It stops compiling only with [WithCompileProcess].
func (r *core) Load(ctx context.Context, name string, src Source, opts ...LoadOption) (Version, error) {
	begin := time.Now()
	l := loading{registry: r, name: name, src: src, begin: begin}
	err := l.run(ctx, opts)
	e := LoadEvent{Plugin: name, Hash: l.hash, Source: src.name, Unchanged: l.unchanged, Duration: time.Since(begin), Err: err}
	r.config.onLoad(e)
	if err != nil {
		r.config.logger.WarnContext(ctx, "plugin not loaded", "plugin", name, "source", src.name, "version", short(l.hash), "duration", e.Duration, "error", text.Logged(err))
		return Version{}, fmt.Errorf("load of plugin %q: %w", name, err)
	}
	r.config.logger.InfoContext(ctx, "plugin loaded", "plugin", name, "source", src.name, "version", short(l.hash),
		"number", l.result.Number, "state", l.result.State, "unchanged", l.unchanged, "duration", e.Duration)
	return l.result, nil
}

// loading is the state of one Load.
type loading struct {
	registry *core
	name     string
	src      Source
	begin    time.Time
	config   loadConfig

	wasm      []byte
	hash      string
	signedBy  string
	manifest  *Manifest
	grade     grade.Grade
	unchanged bool
	result    Version
}

func (l *loading) run(ctx context.Context, opts []LoadOption) (err error) {
	if l.config, err = l.registry.config.newLoadConfig(l.src, opts); err != nil {
		return err
	}
	if l.src.read == nil && !l.src.embedded {
		return invalid("the Source is zero: create it with Bytes, File, FS or Embedded")
	}
	if l.src.embedded && l.registry.contract.embedded == nil {
		return invalid("Embedded: the binding has no embedded module")
	}
	if l.config.standby && l.registry.config.history == 0 {
		return invalid("WithStandby: WithHistory(0) keeps no version besides the active one")
	}
	return l.registry.change(ctx, l.name, true, func(ctx context.Context, s *slot) error {
		if timeout := l.registry.config.loadTimeout; timeout > 0 {
			limited, cancel := context.WithTimeout(ctx, timeout)
			defer cancel()
			ctx = limited
		}
		err := l.into(ctx, s)
		s.mu.Lock()
		s.failed, s.failedAt = err, time.Time{}
		if err != nil {
			s.failedAt = time.Now()
		}
		s.mu.Unlock()
		return err
	})
}

// into loads into the slot. The slot's lock is held.
func (l *loading) into(ctx context.Context, s *slot) error {
	if err := l.read(); err != nil {
		return err
	}
	r := l.registry
	lineup := s.lineup()
	v := s.find(func(v *version) bool { return v == lineup.active && v.sameAs(l.hash, l.config) })
	l.unchanged = v != nil
	if v == nil {
		v = s.find(func(v *version) bool { return v.sameAs(l.hash, l.config) })
	}
	if v == nil {
		if err := l.inOrder(s); err != nil {
			return err
		}
		var err error
		if v, err = l.open(ctx, s); err != nil {
			return err
		}
		lineup = lineup.with(v)
	}
	if !l.config.standby && !l.unchanged {
		lineup = lineup.activated(v, false)
	}
	if !l.unchanged {
		lineup = s.trimmed(lineup, r.config.history)
	}
	if err := r.put(ctx, s, lineup, s.version(v), false); err != nil {
		if s.find(func(w *version) bool { return w == v }) == nil {
			err = errors.Join(err, v.module.Close(context.WithoutCancel(ctx)))
		}
		return err
	}
	l.result = s.version(v)
	return nil
}

// read reads the module, and checks its size, hash, signature, manifest and grade.
func (l *loading) read() (err error) {
	if l.src.embedded {
		l.grade = l.registry.contract.embeddedGrade()
		l.hash = l.registry.contract.embedded.Hash
		return l.pinned()
	}
	if l.wasm, err = l.src.read(l.config.limits.MaxModuleBytes); err != nil {
		return err
	}
	sum := sha256.Sum256(l.wasm)
	l.hash = hex.EncodeToString(sum[:])
	if err := l.pinned(); err != nil {
		return err
	}
	if err := l.authentic(); err != nil {
		return err
	}
	l.grade, err = l.registry.claimed(l.wasm)
	return err
}

func (l *loading) pinned() error {
	if l.config.sha256 != "" && l.config.sha256 != l.hash {
		return fmt.Errorf("%w: it is %s; expected %s", ErrHash, l.hash, l.config.sha256)
	}
	return nil
}

// open creates the engine of the version and tests it.
func (l *loading) open(ctx context.Context, s *slot) (_ *version, err error) {
	v := &version{grants: l.config.grants, signed: l.config.manifest.String()}
	if gate := l.registry.config.gate; gate != nil && !l.src.embedded {
		done, err := gate(ctx, Candidate{Plugin: l.name, Hash: l.hash, Source: l.src.name})
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrHeldBack, err)
		}
		defer done()
	}
	if v.module, err = l.compile(ctx); err != nil {
		return nil, err
	}
	if err = l.test(ctx, v.module); err == nil {
		err = ctx.Err() // so that an abandoned load changes nothing
	}
	if err != nil {
		return nil, errors.Join(err, v.module.Close(context.WithoutCancel(ctx)))
	}
	now := time.Now()
	v.info = Version{
		Plugin: l.name, Hash: l.hash, Number: s.nextNumber(), Source: l.src.name, Size: len(l.wasm),
		SignedBy: l.signedBy, Manifest: l.manifest, Grade: l.grade, HasSummary: v.module.ExportsAll(), Limits: l.config.limits,
		LoadedAt: now, LoadDuration: now.Sub(l.begin),
	}
	for _, g := range v.grants {
		v.info.Grants = append(v.info.Grants, g.String())
	}
	v.usedAt = now
	return v, nil
}

func (l *loading) compile(ctx context.Context) (*sandbox.Module, error) {
	r := l.registry
	select {
	case r.config.compilers <- struct{}{}:
		defer func() { <-r.config.compilers }()
	case <-ctx.Done():
		return nil, fmt.Errorf("while waiting for one of %d compilers: %w", cap(r.config.compilers), ctx.Err())
	}
	opts := append(l.config.limits.options(), gohost.WithObserver(observe),
		gohost.WithLogger(slog.New(quietTests{r.config.logger.With("plugin", l.name).Handler()})), gohost.WithGrants(l.config.grants...))
	if r.config.cacheDir != "" {
		opts = append(opts, gohost.WithCacheDir(r.config.cacheDir))
	}
	if r.config.withoutCache {
		opts = append(opts, gohost.WithoutCache())
	}
	if r.config.compileProcess != nil {
		opts = append(opts, gohost.WithCompileProcess(*r.config.compileProcess))
	}
	if r.config.interpreter {
		opts = append(opts, gohost.WithInterpreter())
	}
	contract := &r.contract
	if l.src.embedded && contract.embedded.Untrusted {
		return sandbox.Load(ctx, contract.embedded.Wasm, contract.Contract, contract.imports, opts...)
	}
	if l.src.embedded {
		return sandbox.LoadTrusted(ctx, contract.embedded.Name, contract.embedded.Wasm, contract.Contract, contract.imports, opts...)
	}
	return sandbox.Load(ctx, l.wasm, contract.Contract, contract.imports, opts...)
}

func (l *loading) test(ctx context.Context, module *sandbox.Module) error {
	c, selfTest := &l.registry.config, l.registry.contract.selfTest
	if selfTest == nil {
		return nil
	}
	limited, cancel := context.WithTimeout(context.WithValue(ctx, testKey{}, true), c.selfTestTimeout)
	defer cancel()
	err := l.runTest(func() error { return selfTest(limited, module, l.grade) })
	// A resource that a test left open would hold an instance for good.
	module.CloseHeld()
	if err == nil {
		return nil
	}
	if ended := endOf(ctx); ended != nil { // not the module's fault
		return fmt.Errorf("self-test: %w", ended)
	}
	if errors.Is(err, ErrSelfTest) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrSelfTest, err)
}

// testKey is in the context of the calls of a self-test.
type testKey struct{}

// quietTests drops a module's messages about calls of the self-test, unless there are those
// for debugging too: the message about the load that failed has the same error.
type quietTests struct{ slog.Handler }

// Enabled implements [slog.Handler].
func (q quietTests) Enabled(ctx context.Context, level slog.Level) bool {
	if ctx.Value(testKey{}) != nil {
		level = slog.LevelDebug
	}
	return q.Handler.Enabled(ctx, level)
}

// runTest runs a self-test. The module chooses what the test sees, so that it may panic only
// with this module: that is a test that failed, and not the end of the process.
func (l *loading) runTest(test func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%w: the test panicked: %s", ErrSelfTest, text.Cut(fmt.Sprint(r), text.MaxMessage))
			stack := text.Cut(string(debug.Stack()), text.MaxStack)
			l.registry.config.logger.Error("self-test panicked", "plugin", l.name, "error", err, "stack", stack)
		}
	}()
	return test()
}

// endOf returns the error of a context that has ended or is about to: the clock stops a
// guest, and may be ahead of the context's timer.
func endOf(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}
