package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cabi"
	"example.org/compute-pipeline/gohost/sandbox"
)

// wasip2 is the contract of testdata/rust/wasip2.wasm, a component of Rust's standard library
// that does what it is told.
var wasip2 = &sandbox.Contract{
	World: "test:wasip2/guest", Runtime: cabi.Version1,
	Exports: []sandbox.Interface{{Functions: []sandbox.Function{
		{Name: "run", Params: "ii", Results: "i", Type: "func(what: string) -> string"},
	}}},
}

func wasip2Module(t testing.TB) []byte {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join("testdata", "rust", "wasip2.wasm"))
	require.NoError(t, err)
	return wasm
}

// wasip2Guest is a loaded one.
type wasip2Guest struct{ module *sandbox.Module }

func loadWASIP2(t testing.TB, opts ...sandbox.Option) wasip2Guest {
	t.Helper()
	m, err := sandbox.Load(ctx, wasip2Module(t), wasip2, nil, opts...)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close(ctx)) })
	return wasip2Guest{m}
}

func (g wasip2Guest) run(ctx context.Context, what string) (result string, err error) {
	err = sandbox.Call(ctx, g.module, 0, func(c *cabi.Call) error {
		c.PushString(what)
		c.Invoke()
		result = c.LoadString(c.PopArea(8, 4))
		return nil
	})
	return result, err
}

// wasip2Answers are what the guest answers with the grants, of which tests/python compares
// most with Wasmtime's.
type wasip2Answers struct {
	Files, Links  map[string]string
	Directories   []string
	Answers, Ours [][2]string
}

func answersOfWASIP2(t testing.TB) (answers wasip2Answers) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "rust", "wasip2.json"))
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &answers))
	return answers
}

// granted returns all grants, with files of a directory.
func granted(t testing.TB) []sandbox.Grant {
	t.Helper()
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	answers := answersOfWASIP2(t)
	for _, name := range answers.Directories {
		require.NoError(t, os.MkdirAll(path(name), 0o755))
	}
	for name, data := range answers.Files {
		require.NoError(t, os.WriteFile(path(name), []byte(data), 0o600))
	}
	for name, to := range answers.Links {
		require.NoError(t, os.Symlink(to, path(name)))
	}
	files, err := sandbox.ParseGrant("files=" + dir)
	require.NoError(t, err)
	return []sandbox.Grant{sandbox.GrantClock(), sandbox.GrantSeededRandom(7), sandbox.GrantOutput(sandbox.OutputLimits{}), files}
}

func TestAComponentWithAStandardLibrary(t *testing.T) {
	for name, engine := range map[string][]sandbox.Option{"compiler": nil, "interpreter": {sandbox.WithInterpreter()}} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			logger := slog.New(slog.NewTextHandler(&log, nil))
			g := loadWASIP2(t, append(engine, sandbox.WithGrants(granted(t)...), sandbox.WithLogger(logger))...)
			answers := answersOfWASIP2(t)
			for _, test := range append(answers.Answers, answers.Ours...) {
				got, err := g.run(ctx, test[0])
				require.NoError(t, err, test[0])
				assert.Equal(t, test[1], got, test[0])
			}
			for _, what := range []string{"read out", "read loop"} {
				got, err := g.run(ctx, what)
				require.NoError(t, err)
				assert.Contains(t, []string{"PermissionDenied", "FilesystemLoop", "Uncategorized", "Other"}, got)
			}
			_, err := g.run(ctx, "print to everybody")
			require.NoError(t, err)
			lines := log.String()
			assert.Contains(t, lines, `level=INFO msg="output of a guest" module=`)
			assert.Contains(t, lines, `stream=stdout line="to everybody"`)
			assert.Contains(t, lines, `stream=stderr line="to everybody"`)

			for _, code := range []int{0, 1} {
				_, err = g.run(ctx, fmt.Sprint("exit ", code))
				require.ErrorIs(t, err, sandbox.ErrTrap)
				assert.ErrorContains(t, err, fmt.Sprint("the guest ended itself with exit code ", code))
			}
			_, err = g.run(ctx, "panic at once")
			require.ErrorIs(t, err, sandbox.ErrTrap)
			assert.Contains(t, log.String(), "at once")
		})
	}
}

// Random numbers with a seed are the same for each instance.
func TestSeededRandomNumbersOfAComponent(t *testing.T) {
	random := func(seed uint64) string {
		g := loadWASIP2(t, sandbox.WithGrants(append(granted(t)[2:], sandbox.GrantClock(), sandbox.GrantSeededRandom(seed))...))
		number, err := g.run(ctx, "random x")
		require.NoError(t, err)
		return number
	}
	assert.Equal(t, random(7), random(7))
	assert.NotEqual(t, random(7), random(8))
}

func TestAComponentWaitsWithinItsLimits(t *testing.T) {
	g := loadWASIP2(t, sandbox.WithGrants(granted(t)...), sandbox.WithFuel(50_000_000))
	_, err := g.run(ctx, "wait 1000000")
	require.ErrorIs(t, err, sandbox.ErrLimit)
	var limit *sandbox.LimitError
	require.ErrorAs(t, err, &limit)
	assert.Equal(t, sandbox.LimitFuel, limit.Which)

	g = loadWASIP2(t, sandbox.WithGrants(granted(t)...))
	short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
	defer cancel()
	_, err = g.run(short, "wait 1000000")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// What the host does for a component is paid for, the same on both engines.
func TestAComponentPaysForWhatItIsGranted(t *testing.T) {
	var used [2][]uint64
	for i, engine := range [][]sandbox.Option{{}, {sandbox.WithInterpreter()}} {
		note := sandbox.WithObserver(func(_ context.Context, call sandbox.CallInfo) { used[i] = append(used[i], call.Fuel) })
		g := loadWASIP2(t, append(engine, note, sandbox.WithGrants(granted(t)...))...)
		for _, what := range []string{"environment", "print x", "read a.txt", "read a.txt", "read sub/b.txt"} {
			_, err := g.run(ctx, what)
			require.NoError(t, err)
		}
		require.Len(t, used[i], 5)
		assert.Greater(t, used[i][2], uint64(10_000), "opening a file is looking up names")
		assert.Greater(t, used[i][4], used[i][3], "and here one more")
	}
	assert.Equal(t, used[0], used[1])
}

// What is not granted is refused by its name, with the grant that would do.
func TestAComponentWithoutGrants(t *testing.T) {
	wasm := wasip2Module(t)
	problems := func(grants ...sandbox.Grant) []string {
		err := sandbox.Check(ctx, wasm, wasip2, sandbox.WithGrants(grants...))
		var contract *sandbox.ContractError
		if !errors.As(err, &contract) {
			require.NoError(t, err)
			return nil
		}
		return contract.Problems
	}
	none := strings.Join(problems(), "\n")
	for iface, grant := range map[string]string{
		"wasi:cli/stdout": "output", "wasi:clocks/monotonic-clock": "clock", "wasi:filesystem/types": "files=DIRECTORY",
		"wasi:cli/environment": "any grant",
	} {
		assert.Regexp(t, fmt.Sprintf(`"%s@0\.2\.\d+", which is not granted; %s would do`, iface, grant), none)
	}
	all := granted(t)
	assert.Empty(t, problems(all...))
	assert.Empty(t, problems(all[0], all[1], all[3]), "files give what output does, and discard it")
	for i, grant := range []string{"clock", "random", "", "files=DIRECTORY"} {
		if grant == "" {
			continue
		}
		missing := problems(append(append([]sandbox.Grant{}, all[:i]...), all[i+1:]...)...)
		require.NotEmpty(t, missing, grant)
		for _, problem := range missing {
			assert.Contains(t, problem, "which is not granted; "+grant+" would do")
		}
	}
}

// An interface of WASI that the contract has is the program's, whatever is granted.
func TestAContractWithAnInterfaceOfWASI(t *testing.T) {
	own := *wasip2
	own.Imports = []sandbox.Interface{{Name: "wasi:random/insecure-seed", Version: "0.2.0", Functions: []sandbox.Function{
		{Name: "insecure-seed", Params: "i", Type: "func() -> tuple<u64, u64>"},
	}}}
	seeded := 0
	m, err := sandbox.Load(ctx, wasip2Module(t), &own, []cabi.HostFunction{{
		Interface: "wasi:random/insecure-seed", Version: "0.2.0", Name: "insecure-seed", Params: "i",
		Call: func(c *cabi.Call) {
			at := c.PopArea(16, 8)
			c.StoreU64(at, 1)
			c.StoreU64(at+8, 2)
			seeded++
		},
	}}, sandbox.WithGrants(granted(t)...))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, m.Close(ctx)) })
	_, err = wasip2Guest{m}.run(ctx, "random x")
	require.NoError(t, err)
	assert.Equal(t, 1, seeded)
}
