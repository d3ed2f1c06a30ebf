package kit

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"log/slog"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/sandbox"
)

// Defaults of the limits.
const (
	// DefaultTime is the time for all checks together.
	DefaultTime = 10 * time.Minute
	// DefaultFuel is the fuel for each call: some seconds of work.
	DefaultFuel = 5_000_000_000
	// DefaultMemory is the memory of an instance, in MiB.
	DefaultMemory = 256
)

// Option configures [Check] and [Run].
type Option func(*config) error

type config struct {
	contract *sandbox.Contract
	// own is set for the engine's contract, whose answers the kit computes itself.
	own     bool
	imports []cabi.HostFunction
	vectors [][]byte
	grade   grade.Grade // "": what the module claims
	seed    *uint64
	logger  *slog.Logger
	// options are those with which the module is loaded.
	options []sandbox.Option
	// progress is called with the title of each check.
	progress func(title string)
	time     time.Duration
}

func newConfig(opts []Option) (config, error) {
	own := gohost.Binding().Contract
	c := config{
		contract: own, logger: slog.New(slog.DiscardHandler), progress: func(string) {}, time: DefaultTime,
		options: []sandbox.Option{sandbox.WithFuel(DefaultFuel), sandbox.WithMemoryLimit(DefaultMemory)},
	}
	for _, opt := range opts {
		if opt == nil {
			return c, fmt.Errorf("%w: an Option is nil", sandbox.ErrInvalidInput)
		}
		if err := opt(&c); err != nil {
			return c, fmt.Errorf("%w: %w", sandbox.ErrInvalidInput, err)
		}
	}
	c.own = c.contract.World == own.World
	if c.grade != "" && !c.own {
		return c, fmt.Errorf("%w: WithGrade: only the engine's contract has grades", sandbox.ErrInvalidInput)
	}
	return c, nil
}

// seedOf returns the seed for the module: one of its own if none was chosen, so that the same
// module always gets the same cases.
func (c *config) seedOf(wasm []byte) uint64 {
	if c.seed != nil {
		return *c.seed
	}
	sum := sha256.Sum256(wasm)
	return binary.LittleEndian.Uint64(sum[:]) >> 32
}

// WithContract sets the contract: that of a generated package. The default is the engine's.
func WithContract(contract *sandbox.Contract) Option {
	return func(c *config) error {
		if contract == nil {
			return fmt.Errorf("WithContract: the contract is nil")
		}
		c.contract = contract
		return nil
	}
}

// WithImports sets implementations of what the contract lets a module import. The others
// return random values, which depend on their arguments. Functions that pass resources of an
// interface that is implemented here are not called, since only it knows these.
func WithImports(functions []cabi.HostFunction) Option {
	return func(c *config) error {
		c.imports = functions
		return nil
	}
}

// WithVectors adds vectors, in the notation of docs/vectors.md. Files that belong together
// are given together. The engine's contract has its own, which these come after.
func WithVectors(files ...[]byte) Option {
	return func(c *config) error {
		c.vectors = append(c.vectors, files...)
		return nil
	}
}

// WithGrade requires a grade: the module must claim it, or a higher one. The default is what
// the module claims, and [grade.Stable] if it claims nothing.
func WithGrade(g grade.Grade) Option {
	return func(c *config) error {
		if g != grade.Exact && g != grade.Stable {
			return fmt.Errorf("WithGrade(%q): must be exact or stable", g)
		}
		c.grade = g
		return nil
	}
}

// WithLogger sets the logger for what the module prints, if it was granted that
// ([sandbox.GrantOutput]). The default discards it, but for the first lines, which are in
// the report.
func WithLogger(logger *slog.Logger) Option {
	return func(c *config) error {
		if logger == nil {
			return fmt.Errorf("WithLogger: the logger is nil")
		}
		c.logger = logger
		return nil
	}
}

// WithProgress sets a function to call before each check, with its title.
func WithProgress(progress func(title string)) Option {
	return func(c *config) error {
		if progress == nil {
			return fmt.Errorf("WithProgress: the function is nil")
		}
		c.progress = progress
		return nil
	}
}

// WithSeed chooses the fresh random cases. The default depends on the bytes of the module
// alone: it cannot contain the answers, since they would change it.
func WithSeed(seed uint64) Option {
	return func(c *config) error {
		c.seed = &seed
		return nil
	}
}

// WithTime limits the time of all checks together. The default is [DefaultTime]. A module
// that is not done by then fails.
func WithTime(d time.Duration) Option {
	return func(c *config) error {
		if d <= 0 {
			return fmt.Errorf("WithTime(%v): must be positive", d)
		}
		c.time = d
		return nil
	}
}

// WithFuel limits the fuel of each call, as [sandbox.WithFuel] does. The default is
// [DefaultFuel]. After three calls that used it up, the rest of the checks is left out.
func WithFuel(units uint64) Option { return withLoad(sandbox.WithFuel(units)) }

// WithMemoryLimit limits the memory of an instance, as [sandbox.WithMemoryLimit] does. The
// default is [DefaultMemory].
func WithMemoryLimit(mib int) Option { return withLoad(sandbox.WithMemoryLimit(mib)) }

// WithGrants grants capabilities to the module, as [sandbox.WithGrants] does. The default
// is none.
func WithGrants(grants ...sandbox.Grant) Option { return withLoad(sandbox.WithGrants(grants...)) }

// withLoad adds an option with which the module is loaded, which also checks its value.
func withLoad(opt sandbox.Option) Option {
	return func(c *config) error {
		c.options = append(c.options, opt)
		return nil
	}
}
