package plugin

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

// Option configures a registry in [NewRegistry].
type Option func(*config) error

type config struct {
	cacheDir         string
	withoutCache     bool
	logger           *slog.Logger
	compilers        chan struct{}          // a token for each module that is compiled
	compileProcess   *gohost.CompileProcess // if nil, compile in this process
	keys             []ed25519.PublicKey
	requireSignature bool
	requireManifest  bool
	grades           []string    // of manifests; if empty, all
	requireGrade     grade.Grade // of answers
	hooks            []Hooks
	gate             func(context.Context, Candidate) (func(), error)
	commit           func(context.Context, Change) error
	defaults         Limits
	grants           []gohost.Grant // of plugins without grants of their own
	withoutGrants    bool
	history          int
	interpreter      bool
	selfTest         any // func(context.Context, B) error, or nil for the binding's own
	selfTestTimeout  time.Duration
	loadTimeout      time.Duration    // if 0, none
	now              func() time.Time // for circuit breakers and manifests
}

const maxHistory = 64

func newConfig(opts []Option) (config, error) {
	c := config{
		logger:          slog.New(slog.DiscardHandler),
		compilers:       make(chan struct{}, max(1, runtime.GOMAXPROCS(0)/2)),
		history:         2,
		requireGrade:    grade.Stable,
		selfTestTimeout: 10 * time.Second,
		now:             time.Now,
	}
	for _, opt := range opts {
		if opt == nil {
			return config{}, fmt.Errorf("%w: an Option is nil", gohost.ErrInvalidInput)
		}
		if err := opt(&c); err != nil {
			return config{}, err
		}
	}
	for _, f := range []struct {
		name string
		set  bool
	}{
		{"WithRequireSignature", c.requireSignature},
		{"WithRequireManifest", c.requireManifest},
		{"WithGrades", len(c.grades) > 0},
	} {
		if f.set && len(c.keys) == 0 {
			return config{}, invalid("%s needs WithPublicKeys", f.name)
		}
	}
	if c.withoutCache && c.cacheDir != "" {
		return config{}, invalid("WithoutCache and WithCacheDir exclude each other")
	}
	if c.withoutGrants && len(c.grants) > 0 {
		return config{}, invalid("WithoutGrants and WithDefaultGrants exclude each other")
	}
	c.defaults = c.defaults.or(packageDefaults).or(Limits{MaxInstances: runtime.GOMAXPROCS(0)})
	return c, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
}

// WithCacheDir stores compiled modules in dir, so that they load in milliseconds the
// next time; see gohost.WithCacheDir.
func WithCacheDir(dir string) Option {
	return func(c *config) error {
		if dir == "" {
			return invalid("WithCacheDir: the directory's name is empty")
		}
		c.cacheDir = dir
		return nil
	}
}

// WithoutCache keeps nothing on disk, and uses nothing that is kept there; see
// gohost.WithoutCache.
func WithoutCache() Option {
	return func(c *config) error {
		c.withoutCache = true
		return nil
	}
}

// WithLogger sets the logger for messages about loads, activations, rollbacks,
// removals and circuit breakers, and for those of the modules. The default discards
// them.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return invalid("WithLogger: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

// WithCompilers limits how many modules compile at the same time. Other loads wait
// until their contexts end. The default is half of GOMAXPROCS, so that calls keep
// running. Registries with the same Option share the limit.
func WithCompilers(n int) Option {
	compilers := make(chan struct{}, max(n, 0))
	return func(c *config) error {
		if n < 1 {
			return invalid("WithCompilers(%d): must be at least 1", n)
		}
		c.compilers = compilers
		return nil
	}
}

// WithCompileProcess compiles each module in a separate process, so that a module that
// exhausts memory or crashes the compiler affects only that process; see
// gohost.WithCompileProcess. [WithCompilers] limits the number of processes, and so
// the memory for compiling: compilers times p.MemoryMiB.
func WithCompileProcess(p gohost.CompileProcess) Option {
	return func(c *config) error {
		if err := p.Check(); err != nil {
			return err
		}
		c.compileProcess = &p
		return nil
	}
}

// WithPublicKeys sets the keys for verifying signatures; see [ParsePublicKeys]. A
// signature must match one of them. Modules without a signature are accepted unless
// [WithRequireSignature] is set.
func WithPublicKeys(keys ...ed25519.PublicKey) Option {
	return func(c *config) error {
		for i, key := range keys {
			if len(key) != ed25519.PublicKeySize {
				return invalid("WithPublicKeys: key %d has %d bytes, not %d", i+1, len(key), ed25519.PublicKeySize)
			}
			c.keys = append(c.keys, slices.Clone(key))
		}
		return nil
	}
}

// WithRequireSignature rejects modules without a signature. A signed manifest
// ([WithManifest]) counts as one, since it contains the module's hash.
func WithRequireSignature() Option {
	return func(c *config) error {
		c.requireSignature = true
		return nil
	}
}

// WithRequireManifest rejects modules without a signed manifest ([WithManifest]).
func WithRequireManifest() Option {
	return func(c *config) error {
		c.requireManifest = true
		return nil
	}
}

// WithGrades rejects manifests of other grades. The default is to accept all. Those grades
// are any words, and say nothing about a module's answers; see [WithRequireGrade].
func WithGrades(grades ...string) Option {
	return func(c *config) error {
		for _, g := range grades {
			if !isGrade(g) {
				return invalid("WithGrades: %q is not a grade", g)
			}
		}
		c.grades = append(c.grades, grades...)
		return nil
	}
}

// A Candidate is a module that is about to be loaded.
type Candidate struct {
	Plugin string
	// Hash is the SHA-256 of the module, and Source where it came from.
	Hash, Source string
}

// WithGate sets a function that is called before a module is compiled: after its size,
// hash, signature and manifest were checked, and only if no kept version has the same
// module. If gate returns an error, the load fails with [ErrHeldBack]. Otherwise the
// registry calls done when compiling and self-test are over, whatever their result. If
// done was never called, the process died in between.
func WithGate(gate func(context.Context, Candidate) (done func(), err error)) Option {
	return func(c *config) error {
		if gate == nil {
			return invalid("WithGate: the function is nil")
		}
		c.gate = gate
		return nil
	}
}

// WithCommit sets a function that is called before a change of a plugin's versions
// takes effect, so that the program can store the change first. Changes are loads that
// passed all checks (even of a module that is already active), activations, rollbacks
// and removals, but not closing the registry. If commit returns an error, the change
// is abandoned with an [ErrNotCommitted], and everything stays as it was. Otherwise
// the change takes effect, unless the process ends. The context is that of the change.
// Calls for one plugin never overlap.
func WithCommit(commit func(context.Context, Change) error) Option {
	return func(c *config) error {
		if commit == nil {
			return invalid("WithCommit: the function is nil")
		}
		c.commit = commit
		return nil
	}
}

// WithHooks adds hooks. Hooks run in the order in which they were added.
func WithHooks(hooks Hooks) Option {
	return func(c *config) error {
		c.hooks = append(c.hooks, hooks)
		return nil
	}
}

// WithDefaultLimits sets the limits of plugins without limits of their own.
func WithDefaultLimits(limits Limits) Option {
	return func(c *config) error {
		if err := limits.Check(); err != nil {
			return fmt.Errorf("WithDefaultLimits: %w", err)
		}
		c.defaults = limits
		return nil
	}
}

// WithDefaultGrants sets the grants of plugins that have none of their own
// ([WithGrants]). The embedded module needs none, and gets none.
func WithDefaultGrants(grants ...gohost.Grant) Option {
	return func(c *config) error {
		c.grants = append(c.grants, grants...)
		return nil
	}
}

// WithoutGrants rejects every load with grants, so that no plugin can import anything
// but its contract, whatever its settings say.
func WithoutGrants() Option {
	return func(c *config) error {
		c.withoutGrants = true
		return nil
	}
}

// WithHistory sets how many versions each plugin keeps besides the active one, from 0
// to 64, for [Registry.Rollback] and [Registry.Activate]. A kept version has compiled
// code, about five times the size of the module, but no instance. The default is 2.
func WithHistory(n int) Option {
	return func(c *config) error {
		if n < 0 || n > maxHistory {
			return invalid("WithHistory(%d): must be from 0 to %d", n, maxHistory)
		}
		c.history = n
		return nil
	}
}

// WithInterpreter runs all plugins in wazero's interpreter; see
// gohost.WithInterpreter.
func WithInterpreter() Option {
	return func(c *config) error {
		c.interpreter = true
		return nil
	}
}

// WithSelfTest replaces the binding's own test, which each module must pass before it is
// activated; for the engine that is [SelfTest]. The test may call SelfTest and then run
// vectors of its own. Its context ends after the timeout, and its error becomes an
// [ErrSelfTest]. B must be the binding's.
func WithSelfTest[B any](timeout time.Duration, test func(context.Context, B) error) Option {
	return func(c *config) error {
		if timeout <= 0 || test == nil {
			return invalid("WithSelfTest(%v): needs a positive timeout and a test", timeout)
		}
		c.selfTest, c.selfTestTimeout = test, timeout
		return nil
	}
}

// WithLoadTimeout limits the duration of each load, from when no other change of the
// plugin runs. A load that takes longer fails with context.DeadlineExceeded, as if its
// own context had ended. The default is no limit.
func WithLoadTimeout(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return invalid("WithLoadTimeout(%v): must be positive", d)
		}
		c.loadTimeout = d
		return nil
	}
}

// LoadOption configures one [Registry.Load].
type LoadOption func(*loadConfig) error

type loadConfig struct {
	sha256    string
	signature []byte
	manifest  *signedManifest // or nil
	order     order
	limits    Limits
	grants    []gohost.Grant // nil: the registry's default
	standby   bool
}

func (r *config) newLoadConfig(src Source, opts []LoadOption) (loadConfig, error) {
	var c loadConfig
	for _, opt := range opts {
		if opt == nil {
			return loadConfig{}, invalid("a LoadOption is nil")
		}
		if err := opt(&c); err != nil {
			return loadConfig{}, err
		}
	}
	c.limits = c.limits.or(r.defaults).resolved()
	if c.grants == nil && !src.embedded {
		c.grants = r.grants
	}
	if r.withoutGrants && len(c.grants) > 0 {
		return loadConfig{}, invalid("the plugin has grants, and this registry gives none (WithoutGrants)")
	}
	return c, nil
}

// WithSHA256 pins the module to this hash, in hexadecimal. Any other module is
// rejected with [ErrHash].
func WithSHA256(hash string) LoadOption {
	return func(c *loadConfig) error {
		if raw, err := hex.DecodeString(hash); err != nil || len(raw) != 32 {
			return invalid("WithSHA256(%q): must be 64 hexadecimal digits", hash)
		}
		c.sha256 = strings.ToLower(hash)
		return nil
	}
}

// WithSignature sets the module's detached ed25519 signature, as 64 bytes or their
// base64. A wrong signature is rejected even if none is required.
func WithSignature(sig []byte) LoadOption {
	return func(c *loadConfig) error {
		c.signature = append([]byte{}, sig...) // not nil, even if it is empty: there is a signature
		return nil
	}
}

// WithLimits sets the plugin's limits.
func WithLimits(limits Limits) LoadOption {
	return func(c *loadConfig) error {
		if err := limits.Check(); err != nil {
			return err
		}
		c.limits = limits
		return nil
	}
}

// WithGrants grants capabilities to the plugin; see gohost.WithGrants. The default is
// [WithDefaultGrants]; no grants mean none.
func WithGrants(grants ...gohost.Grant) LoadOption {
	return func(c *loadConfig) error {
		c.grants = append(append([]gohost.Grant{}, c.grants...), grants...)
		return nil
	}
}

// WithStandby loads and checks the module without activating it. [Registry.Activate]
// does that later. A standby version counts towards [WithHistory].
func WithStandby() LoadOption {
	return func(c *loadConfig) error {
		c.standby = true
		return nil
	}
}
