package transform

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
	"example.org/compute-pipeline/gohost/plugin"
)

// aPlugin writes a plugin that claims a grade, with what its author would give.
func aPlugin(t *testing.T, g grade.Grade) *Plugin {
	t.Helper()
	wasm, err := os.ReadFile("../../plugin/testdata/engine.core.wasm")
	require.NoError(t, err)
	wasm, err = grade.Claim(wasm, g)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "plugin.wasm")
	require.NoError(t, os.WriteFile(path, wasm, 0o600))
	public, private, err := ed25519.GenerateKey(nil)
	require.NoError(t, err)
	der, err := x509.MarshalPKIXPublicKey(public)
	require.NoError(t, err)
	sum := sha256.Sum256(wasm)
	return &Plugin{
		Path: path, SHA256: hex.EncodeToString(sum[:]), Signature: ed25519.Sign(private, wasm),
		PublicKeys: string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})),
	}
}

func TestAPluginIsWhatItsHashAndSignatureSay(t *testing.T) {
	good := aPlugin(t, grade.Exact)
	f := setUp(t, Engine{Plugin: good})
	a, err := f.AddInput(f.CreateAccumulator(), gohost.AppendPacked(nil, gohost.Datapoint{Timestamp: 3, Value: 0.1}, gohost.Datapoint{Timestamp: 4, Value: 0.2}))
	require.NoError(t, err)
	stat, err := f.ExtractOutput(a)
	require.NoError(t, err)
	require.EqualValues(t, 2, stat.Count)
	require.Equal(t, 0.30000000000000004, stat.Sum)

	fails := func(p Plugin, want error) {
		t.Helper()
		f := &AggregateFn{Engine: Engine{Plugin: &p}}
		err := f.Setup(t.Context())
		require.ErrorIs(t, err, want)
		require.ErrorContains(t, err, p.Path)
		require.NoError(t, f.Teardown(t.Context()), "after a Setup that failed")
	}
	another := aPlugin(t, grade.Exact)
	p := *good
	p.Path = aPlugin(t, grade.Stable).Path
	fails(p, plugin.ErrHash)
	p = *good
	p.Signature = another.Signature[:63]
	fails(p, plugin.ErrSignature)
	p = *good
	p.PublicKeys = another.PublicKeys
	fails(p, plugin.ErrSignature)
	fails(*aPlugin(t, grade.Stable), plugin.ErrGrade)
	p = *good
	p.Path += ".none"
	fails(p, os.ErrNotExist)
}

// A file that comes later, as on a file system that is slow to show it, is found by the next
// Setup.
func TestAPluginThatFailedToLoadIsLoadedAgain(t *testing.T) {
	p := aPlugin(t, grade.Exact)
	hidden := p.Path + ".hidden"
	require.NoError(t, os.Rename(p.Path, hidden))
	f := &AggregateFn{Engine: Engine{Plugin: p}}
	require.ErrorIs(t, f.Setup(t.Context()), os.ErrNotExist)
	require.NoError(t, os.Rename(hidden, p.Path))
	require.NoError(t, f.Setup(t.Context()))
	require.NoError(t, f.Teardown(t.Context()))
}

func TestInvalidEnginesAreRefused(t *testing.T) {
	good := aPlugin(t, grade.Exact)
	for name, change := range map[string]func(*Plugin){
		"no path":         func(p *Plugin) { p.Path = "" },
		"no hash":         func(p *Plugin) { p.SHA256 = "" },
		"no signature":    func(p *Plugin) { p.Signature = nil },
		"no keys":         func(p *Plugin) { p.PublicKeys = "" },
		"keys":            func(p *Plugin) { p.PublicKeys = "x" },
		"grade":           func(p *Plugin) { p.Grade = "good" },
		"hash in capital": func(p *Plugin) { p.SHA256 = "A" + p.SHA256[1:] },
	} {
		p := *good
		change(&p)
		require.ErrorIs(t, Engine{Plugin: &p}.Check(), gohost.ErrInvalidInput, name)
	}
	require.NoError(t, Engine{Plugin: good}.Check())
	require.ErrorIs(t, Engine{CallTimeout: -1}.Check(), gohost.ErrInvalidInput)
	require.ErrorIs(t, Engine{Fuel: 1 << 63}.Check(), gohost.ErrInvalidInput)
}

// All functions of a process have one engine, and the last one that leaves closes it.
func TestFunctionsShareAnEngine(t *testing.T) {
	engine := Engine{MemoryMiB: 77}
	var mu sync.Mutex
	seen := map[*shared]bool{}
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 8 {
				f := &AggregateFn{Engine: engine}
				if !assert.NoError(t, f.Setup(t.Context())) {
					return
				}
				mu.Lock()
				seen[f.shared] = true
				mu.Unlock()
				a, err := f.AddInput(f.CreateAccumulator(), gohost.Datapoint{Value: 1})
				assert.NoError(t, err)
				_, err = f.ExtractOutput(a)
				assert.NoError(t, err)
				assert.NoError(t, f.Teardown(t.Context()))
			}
		})
	}
	running.Wait()
	first, second := setUp(t, engine), setUp(t, engine)
	require.Same(t, first.shared, second.shared)
	require.NotSame(t, first.shared, setUp(t, Engine{MemoryMiB: 78}).shared)
	for s := range seen {
		require.Zero(t, s.users)
		_, err := s.Finish(context.Background(), nil)
		require.ErrorIs(t, err, gohost.ErrClosed)
	}
}
