package transform

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/plugin"
)

// Engine says what the workers of a pipeline compute with. The zero value is the engine that is
// embedded in the program. It travels to the workers in the functions of the pipeline, as JSON.
// Functions with equal Engines share one engine in each worker process.
type Engine struct {
	// Plugin is another implementation of the contract. If nil, it is the embedded engine.
	Plugin *Plugin `json:"plugin,omitempty"`
	// MemoryMiB is the max memory of an instance in MiB; 0 means gohost's default.
	MemoryMiB int `json:"memory_mib,omitempty"`
	// CallTimeout limits each call; 0 means no limit, and 10 s for a plugin.
	CallTimeout time.Duration `json:"call_timeout,omitempty"`
	// Fuel limits each call, the same on every machine; 0 means no limit.
	Fuel uint64 `json:"fuel,omitempty"`
	// CacheDir is the directory on the worker for compiled modules. If empty, gohost's default
	// serves the embedded engine, and plugins are compiled by each process.
	CacheDir string `json:"cache_dir,omitempty"`
	// Interpreter runs the module in the interpreter: slow, with the same results.
	Interpreter bool `json:"interpreter,omitempty"`
}

// Plugin names a module by its hash. A worker reads it from Path once, and refuses it if its
// hash, signature or grade is another: a file that changes while a pipeline runs fails the
// bundles, and never their results.
type Plugin struct {
	// Path is the module's file, in any of Beam's file systems that the program imports, such as
	// gs://bucket/sensors.wasm.
	Path string `json:"path"`
	// SHA256 is the module's hash, in hexadecimal. It is required.
	SHA256 string `json:"sha256"`
	// Signature is the module's detached ed25519 signature, as 64 bytes or their base64.
	// If there are PublicKeys, it is required.
	Signature []byte `json:"signature,omitempty"`
	// PublicKeys are ed25519 public keys in PEM; see plugin.ParsePublicKeys.
	PublicKeys string `json:"public_keys,omitempty"`
	// Grade is the grade of answers that the module must claim. The default is grade.Exact:
	// what a stable module aggregates depends on how the runner divides the input.
	Grade grade.Grade `json:"grade,omitempty"`
}

var hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

// Check returns an error that wraps gohost.ErrInvalidInput if no worker could use the Engine. It
// reads no file. [Aggregate], [Validate] and the others call it when the pipeline is built.
func (e Engine) Check() error {
	refused := func(format string, args ...any) error {
		return fmt.Errorf("%w: transform.Engine: %s", gohost.ErrInvalidInput, fmt.Sprintf(format, args...))
	}
	switch p := e.Plugin; {
	case e.MemoryMiB < 0 || e.MemoryMiB > gohost.MaxMemoryLimit:
		return refused("MemoryMiB %d: expected 0 to %d", e.MemoryMiB, gohost.MaxMemoryLimit)
	case e.CallTimeout < 0:
		return refused("CallTimeout %s is negative", e.CallTimeout)
	case e.Fuel > 1<<62:
		return refused("Fuel %d: expected at most 2^62", e.Fuel)
	case p == nil:
		return nil
	case p.Path == "":
		return refused("Plugin.Path is empty")
	case !hexHash.MatchString(p.SHA256):
		return refused("Plugin.SHA256 %q: expected 64 hexadecimal digits in lower case", p.SHA256)
	case p.PublicKeys != "" && len(p.Signature) == 0:
		return refused("Plugin.PublicKeys need a Signature")
	case p.PublicKeys == "" && len(p.Signature) > 0:
		return refused("Plugin.Signature needs PublicKeys to verify it")
	default:
		if _, err := e.Plugin.keys(); err != nil {
			return refused("Plugin.PublicKeys: %v", err)
		}
		if _, err := grade.Parse(string(e.Plugin.grade())); err != nil {
			return refused("Plugin.Grade: %v", err)
		}
		return nil
	}
}

// An opened engine, and what closes it.
type opened struct {
	gohost.Functions
	close func(context.Context) error
}

func (e Engine) open(ctx context.Context) (opened, error) {
	if err := e.Check(); err != nil {
		return opened{}, err
	}
	if e.Plugin != nil {
		return e.openPlugin(ctx)
	}
	var opts []gohost.Option
	if e.MemoryMiB > 0 {
		opts = append(opts, gohost.WithMemoryLimit(e.MemoryMiB))
	}
	if e.CallTimeout > 0 {
		opts = append(opts, gohost.WithCallTimeout(e.CallTimeout))
	}
	if e.Fuel > 0 {
		opts = append(opts, gohost.WithFuel(e.Fuel))
	}
	if e.CacheDir != "" {
		opts = append(opts, gohost.WithCacheDir(e.CacheDir))
	}
	if e.Interpreter {
		opts = append(opts, gohost.WithInterpreter())
	}
	engine, err := gohost.New(ctx, opts...)
	if err != nil {
		return opened{}, err
	}
	return opened{engine, engine.Close}, nil
}

// pluginName is the name of the plugin in its registry, which has no other.
const pluginName = "beam"

func (e Engine) openPlugin(ctx context.Context) (_ opened, err error) {
	p := e.Plugin
	defer func() {
		if err != nil {
			err = fmt.Errorf("plugin %s: %w", p.Path, err)
		}
	}()
	wasm, err := p.read(ctx)
	if err != nil {
		return opened{}, err
	}
	keys, err := p.keys()
	if err != nil {
		return opened{}, err
	}
	opts := []plugin.Option{plugin.WithRequireGrade(p.grade()), plugin.WithoutGrants()}
	if len(keys) > 0 {
		opts = append(opts, plugin.WithPublicKeys(keys...), plugin.WithRequireSignature())
	}
	if e.CacheDir != "" {
		opts = append(opts, plugin.WithCacheDir(e.CacheDir))
	}
	if e.Interpreter {
		opts = append(opts, plugin.WithInterpreter())
	}
	registry, err := plugin.NewRegistry(gohost.Binding(), opts...)
	if err != nil {
		return opened{}, err
	}
	load := []plugin.LoadOption{plugin.WithSHA256(p.SHA256), plugin.WithLimits(plugin.Limits{
		MemoryMiB: e.MemoryMiB, CallTimeout: e.CallTimeout, Fuel: int64(e.Fuel),
	})}
	if len(p.Signature) > 0 {
		load = append(load, plugin.WithSignature(p.Signature))
	}
	if _, err := registry.Load(ctx, pluginName, plugin.Bytes(wasm), load...); err != nil {
		return opened{}, errors.Join(err, registry.Close(context.WithoutCancel(ctx)))
	}
	loaded, err := registry.Plugin(pluginName)
	if err != nil {
		return opened{}, errors.Join(err, registry.Close(context.WithoutCancel(ctx)))
	}
	return opened{loaded.Binding(), registry.Close}, nil
}

func (p *Plugin) keys() ([]ed25519.PublicKey, error) {
	if p.PublicKeys == "" {
		return nil, nil
	}
	return plugin.ParsePublicKeys([]byte(p.PublicKeys))
}

func (p *Plugin) grade() grade.Grade {
	if p.Grade == "" {
		return grade.Exact
	}
	return p.Grade
}

// maxModule is the max size of a module, in bytes.
const maxModule = 16 << 20

// read reads the module, and checks its hash before anything looks at it.
func (p *Plugin) read(ctx context.Context) (_ []byte, err error) {
	fs, err := filesystem.New(ctx, p.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, fs.Close()) }()
	file, err := fs.OpenRead(ctx, p.Path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	wasm, err := io.ReadAll(io.LimitReader(file, maxModule+1))
	if err != nil {
		return nil, err
	}
	if len(wasm) > maxModule {
		return nil, fmt.Errorf("%w: the module is larger than %d bytes", gohost.ErrLimit, maxModule)
	}
	if sum := sha256.Sum256(wasm); hex.EncodeToString(sum[:]) != p.SHA256 {
		return nil, fmt.Errorf("%w: the module's SHA-256 is %x; the pipeline was given %s", plugin.ErrHash, sum, p.SHA256)
	}
	return wasm, nil
}
