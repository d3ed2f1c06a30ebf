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
)

// Option sets something about a registry in [NewRegistry].
type Option func(*config) error

type config struct {
	cacheDir         string
	logger           *slog.Logger
	compilers        int
	compileProcess   *gohost.CompileProcess // nil for this process
	keys             []ed25519.PublicKey
	requireSignature bool
	requireManifest  bool
	grades           []string // empty for all
	hooks            []Hooks
	gate             func(context.Context, Candidate) (func(), error)
	commit           func(context.Context, Change) error
	defaults         Limits
	history          int
	interpreter      bool
	selfTest         func(context.Context, gohost.Functions) error
	selfTestTimeout  time.Duration
	now              func() time.Time // for circuit breakers and manifests
}

const maxHistory = 64

func newConfig(opts []Option) (config, error) {
	c := config{
		logger:          slog.New(slog.DiscardHandler),
		compilers:       max(1, runtime.GOMAXPROCS(0)/2),
		history:         2,
		selfTest:        SelfTest,
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
	c.defaults = c.defaults.or(packageDefaults).or(Limits{MaxInstances: runtime.GOMAXPROCS(0)})
	return c, nil
}

func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
}

// WithCacheDir keeps compiled modules in dir, as gohost.WithCacheDir does: a
// module that was compiled before loads in milliseconds.
func WithCacheDir(dir string) Option {
	return func(c *config) error {
		if dir == "" {
			return invalid("WithCacheDir: the directory's name is empty")
		}
		c.cacheDir = dir
		return nil
	}
}

// WithLogger gets a message for each load, activation, rollback, removal, and
// change of a circuit breaker, and those of the engines. The default is silence.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return invalid("WithLogger: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

// WithCompilers bounds how many modules are compiled at the same time; further
// loads wait, as long as their contexts let them. The default is half of
// GOMAXPROCS, so that calls keep running.
func WithCompilers(n int) Option {
	return func(c *config) error {
		if n < 1 {
			return invalid("WithCompilers(%d): at least 1 is needed", n)
		}
		c.compilers = n
		return nil
	}
}

// WithCompileProcess has modules compiled in processes of their own, so that one
// that takes all memory or crashes the compiler ends only its process; see
// gohost.WithCompileProcess. [WithCompilers] bounds how many there are, and so
// the memory that compiling takes: compilers times p.MemoryMiB.
func WithCompileProcess(p gohost.CompileProcess) Option {
	return func(c *config) error {
		if err := p.Check(); err != nil {
			return err
		}
		c.compileProcess = &p
		return nil
	}
}

// WithPublicKeys sets the keys of which one must have made a module's signature;
// see [ParsePublicKeys]. A module without any is taken all the same, unless
// [WithRequireSignature] forbids it.
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

// WithRequireSignature refuses modules that have no signature. A signed manifest
// ([WithManifest]) is as good, since it has the module's hash.
func WithRequireSignature() Option {
	return func(c *config) error {
		c.requireSignature = true
		return nil
	}
}

// WithRequireManifest refuses modules that have no signed manifest
// ([WithManifest]).
func WithRequireManifest() Option {
	return func(c *config) error {
		c.requireManifest = true
		return nil
	}
}

// WithGrades refuses manifests of any other grade than these. The default is to
// take all.
func WithGrades(grades ...string) Option {
	return func(c *config) error {
		for _, g := range grades {
			if !isGrade(g) {
				return invalid("WithGrades: %q is no grade", g)
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

// WithGate asks the program before a module is compiled: after its size, hash,
// signature and manifest were checked, and only where no version that is kept
// has the same module. With an error the load fails, as [ErrHeldBack]. Otherwise
// the function that it returns is called when compiling and the self-test are
// over, whatever came of them; so if it never is, the process has died in them.
func WithGate(gate func(context.Context, Candidate) (done func(), err error)) Option {
	return func(c *config) error {
		if gate == nil {
			return invalid("WithGate: the function is nil")
		}
		c.gate = gate
		return nil
	}
}

// WithCommit has each change of a plugin's versions told to the program before it
// takes effect, so that it can be written down first: a load that has passed all
// checks (also one that finds its module active already), an activation, a
// rollback, a removal. With an error the change is given up and everything stays
// as it was; the error is an [ErrNotCommitted]. Without one, nothing can keep the
// change from taking effect any more, but for the end of the process. The context
// is that of the change. There is one call at a time for each plugin. The end of
// the registry is no change.
func WithCommit(commit func(context.Context, Change) error) Option {
	return func(c *config) error {
		if commit == nil {
			return invalid("WithCommit: the function is nil")
		}
		c.commit = commit
		return nil
	}
}

// WithHooks has the registry call hooks; given several times, all of them, in
// their order.
func WithHooks(hooks Hooks) Option {
	return func(c *config) error {
		c.hooks = append(c.hooks, hooks)
		return nil
	}
}

// WithDefaultLimits sets the limits of plugins that have none of their own.
func WithDefaultLimits(limits Limits) Option {
	return func(c *config) error {
		if err := limits.Check(); err != nil {
			return fmt.Errorf("WithDefaultLimits: %w", err)
		}
		c.defaults = limits
		return nil
	}
}

// WithHistory sets how many versions besides the active one each plugin keeps
// for [Registry.Rollback] and [Registry.Activate], from 0 to 64. What is kept is
// compiled code, about five times the size of the module, and no instance. The
// default is 2.
func WithHistory(n int) Option {
	return func(c *config) error {
		if n < 0 || n > maxHistory {
			return invalid("WithHistory(%d): from 0 to %d are possible", n, maxHistory)
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

// WithSelfTest replaces [SelfTest], which each module must pass before it is
// activated. The test may call SelfTest and go on with vectors of its own. Its
// context ends after the timeout, and what it returns becomes an [ErrSelfTest].
func WithSelfTest(timeout time.Duration, test func(context.Context, gohost.Functions) error) Option {
	return func(c *config) error {
		if timeout <= 0 || test == nil {
			return invalid("WithSelfTest(%v): a timeout above 0 and a test are needed", timeout)
		}
		c.selfTest, c.selfTestTimeout = test, timeout
		return nil
	}
}

// LoadOption sets something about one [Registry.Load].
type LoadOption func(*loadConfig) error

type loadConfig struct {
	sha256    string
	signature []byte
	manifest  *signedManifest // nil for none
	order     order
	limits    Limits
	grants    []gohost.Grant
	standby   bool
}

func newLoadConfig(defaults Limits, opts []LoadOption) (loadConfig, error) {
	var c loadConfig
	for _, opt := range opts {
		if opt == nil {
			return loadConfig{}, invalid("a LoadOption is nil")
		}
		if err := opt(&c); err != nil {
			return loadConfig{}, err
		}
	}
	c.limits = c.limits.or(defaults).resolved()
	return c, nil
}

// WithSHA256 pins the module: any other than that with this hash, in hexadecimal, is
// refused with [ErrHash].
func WithSHA256(hash string) LoadOption {
	return func(c *loadConfig) error {
		if raw, err := hex.DecodeString(hash); err != nil || len(raw) != 32 {
			return invalid("WithSHA256(%q): 64 hexadecimal digits are needed", hash)
		}
		c.sha256 = strings.ToLower(hash)
		return nil
	}
}

// WithSignature is the module's detached ed25519 signature, the 64 bytes or their
// base64. A wrong one is refused even where none is required.
func WithSignature(sig []byte) LoadOption {
	return func(c *loadConfig) error {
		c.signature = append([]byte{}, sig...) // never nil: it was given
		return nil
	}
}

// WithLimits bounds the plugin.
func WithLimits(limits Limits) LoadOption {
	return func(c *loadConfig) error {
		if err := limits.Check(); err != nil {
			return err
		}
		c.limits = limits
		return nil
	}
}

// WithGrants gives the plugin what it may use of the world outside; see
// gohost.WithGrants. The default is nothing.
func WithGrants(grants ...gohost.Grant) LoadOption {
	return func(c *loadConfig) error {
		c.grants = append(c.grants, grants...)
		return nil
	}
}

// WithStandby has the module loaded and checked but not activated: that is
// [Registry.Activate]'s work. A standby version counts as history.
func WithStandby() LoadOption {
	return func(c *loadConfig) error {
		c.standby = true
		return nil
	}
}
