package gohost

import (
	"io"
	"io/fs"

	"example.org/compute-pipeline/gohost/sandbox"
)

// Grant is a capability of the world outside the sandbox, as functions of WASI preview
// 1: see [sandbox.Grant].
type Grant = sandbox.Grant

// OutputLimits limit a module's output ([GrantOutput]). A zero field means its
// default.
type OutputLimits = sandbox.OutputLimits

// WithGrants grants capabilities to the module. The default is none. [Load] returns
// an [ErrContract] that names every import no grant covers.
func WithGrants(grants ...Grant) Option { return sandbox.WithGrants(grants...) }

// GrantClock grants the time of day, a monotonic clock, and waiting for them. With a clock
// a module can measure how long its own work takes, and so learn about other work on the
// machine. See [sandbox.GrantClock].
func GrantClock() Grant { return sandbox.GrantClock() }

// GrantRandom grants random bytes from source, which must be safe for concurrent
// use. If source is nil, it uses [crypto/rand.Reader].
func GrantRandom(source io.Reader) Grant { return sandbox.GrantRandom(source) }

// GrantSeededRandom grants random bytes that are the same for each instance
// (ChaCha8 from the seed), so that calls can be repeated, exactly if
// [WithCallsPerInstance] is 1.
func GrantSeededRandom(seed uint64) Grant { return sandbox.GrantSeededRandom(seed) }

// GrantFiles grants reading the files of fsys, as the directory "/". For a directory of
// the operating system use the FS of an [os.Root]; [sandbox.GrantFiles] says why.
func GrantFiles(fsys fs.FS) Grant { return sandbox.GrantFiles(fsys) }

// GrantOutput grants standard output and standard error. Each line becomes a message
// to the engine's logger ([WithLogger]) at level Info or Warn. See [sandbox.GrantOutput].
func GrantOutput(limits OutputLimits) Grant { return sandbox.GrantOutput(limits) }

// ParseGrant returns the grant that a text describes: clock, random, random=seed:7, output
// or files=DIRECTORY. See [sandbox.ParseGrant].
func ParseGrant(text string) (Grant, error) { return sandbox.ParseGrant(text) }
