package prepare

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"

	"example.org/compute-pipeline/tests/internal/tool"
)

const root = "../.."

// contractFile is the contract of wit/, as text.
const contractFile = root + "/wit/contract.txt"

// answer is what the module or the program says about a module.
type answer struct {
	Refused bool
	Output  string // or the reason
}

// native runs commands of the program.
type native struct{ path, dir string }

func newNative(t *testing.T) native {
	t.Helper()
	return native{tool.Prepare.Path(t), t.TempDir()}
}

func (n native) run(t *testing.T, command string, module []byte) answer {
	t.Helper()
	in, out := filepath.Join(n.dir, "in.wasm"), filepath.Join(n.dir, "out.wasm")
	require.NoError(t, os.WriteFile(in, module, 0o600))
	args := strings.Fields(command)
	if args[0] == "check" || args[0] == "prepare" {
		args = append(args, "--contract", contractFile)
	}
	args = append(args, in)
	writes := command != "describe" && command != "check"
	if writes {
		args = append(args, out)
	}
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), n.path, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	reason, isReason := strings.CutPrefix(strings.TrimSuffix(stderr.String(), "\n"), "compute-pipeline-prepare: "+in+": ")
	switch exit := (*exec.ExitError)(nil); {
	case errors.As(err, &exit) && command == "check" && stdout.Len() > 0:
		return answer{Output: strings.TrimSuffix(stdout.String(), "\n")}
	case errors.As(err, &exit):
		require.Equal(t, 1, exit.ExitCode(), stderr.String())
		require.True(t, isReason, stderr.String())
		return answer{Refused: true, Output: reason}
	}
	require.NoError(t, err)
	if !writes {
		return answer{Output: strings.TrimSuffix(stdout.String(), "\n")}
	}
	written, err := os.ReadFile(out)
	require.NoError(t, err)
	return answer{Output: string(written)}
}

// embedded is the module, run as guest/prepare/src/wasm.rs says.
type embedded struct {
	runtime  wazero.Runtime
	compiled wazero.CompiledModule
}

func newEmbedded(t *testing.T) embedded {
	t.Helper()
	wasm, err := os.ReadFile(filepath.Join(root, "gohost/internal/prepare/prepare.wasm"))
	require.NoError(t, err)
	r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfig().WithMemoryLimitPages(1<<13))
	t.Cleanup(func() { assert.NoError(t, r.Close(context.Background())) })
	_, err = r.NewHostModuleBuilder("compute-pipeline:fuel").NewFunctionBuilder().
		WithFunc(func() int64 { return 1 << 40 }).Export("refuel").Instantiate(t.Context())
	require.NoError(t, err)
	compiled, err := r.CompileModule(t.Context(), wasm)
	require.NoError(t, err)
	return embedded{r, compiled}
}

func (e embedded) run(t *testing.T, command string, module []byte) answer {
	t.Helper()
	instance, err := e.runtime.InstantiateModule(t.Context(), e.compiled, wazero.NewModuleConfig().WithName(""))
	require.NoError(t, err)
	defer instance.Close(t.Context())
	call := func(function string, args ...uint64) uint64 {
		results, err := instance.ExportedFunction(function).Call(t.Context(), args...)
		require.NoError(t, err)
		return results[0]
	}
	require.True(t, instance.Memory().Write(uint32(call("input", uint64(len(module)))), module))
	text, err := os.ReadFile(contractFile)
	require.NoError(t, err)
	require.True(t, instance.Memory().Write(uint32(call("contract", uint64(len(text)))), text))
	function, option, _ := strings.Cut(command, " ")
	var args []uint64
	if function == "prepare" {
		metered := uint64(1)
		if option == "--unmetered" {
			metered = 0
		}
		args = append(args, metered)
	}
	status := call(function, args...)
	at := call("output")
	output, ok := instance.Memory().Read(uint32(at>>32), uint32(at))
	require.True(t, ok)
	reply := string(output)
	switch status { // the program has a text for people, the module one for programs
	case 2:
		reply = strings.ReplaceAll(reply, "\n", "; ")
	case 3:
		var limit string
		limit, reply, _ = strings.Cut(reply, "\n")
		require.Regexp(t, `^[a-z ]+\t[1-9][0-9]*$`, limit)
	}
	return answer{Refused: status != 0, Output: reply}
}

// inputs are the modules of all tests, cut and changed ones, and bytes that are
// no module.
func inputs(t *testing.T) map[string][]byte {
	t.Helper()
	found := map[string][]byte{"empty": nil, "text": []byte("not wasm at all")}
	for _, dir := range []string{"gohost/testdata", "tests/miscompiled/testdata", "tests/hostile"} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".wasm" {
				return err
			}
			found[path], err = os.ReadFile(path)
			return err
		}))
	}
	random := rand.New(rand.NewPCG(1, 2))
	for _, name := range []string{"gohost/testdata/component.wasm", "gohost/testdata/echo.wasm"} {
		whole := found[filepath.Join(root, name)]
		require.NotEmpty(t, whole)
		for end := 0; end < len(whole); end += 1 + len(whole)/60 {
			found[name+" cut"+fmt.Sprint(" ", len(found))] = whole[:end]
		}
		for range 60 {
			changed := bytes.Clone(whole)
			for range 1 + random.IntN(3) {
				changed[8+random.IntN(len(changed)-8)] = byte(random.Uint32())
			}
			found[name+" changed"+fmt.Sprint(" ", len(found))] = changed
		}
	}
	require.Greater(t, len(found), 250)
	return found
}

func TestTheModuleSaysWhatTheProgramSays(t *testing.T) {
	program, module := newNative(t), newEmbedded(t)
	accepted, refused := 0, 0
	for name, wasm := range inputs(t) {
		for _, command := range []string{"describe", "check", "prepare", "prepare --unmetered"} {
			want := program.run(t, command, wasm)
			got := module.run(t, command, wasm)
			require.Equal(t, want.Refused, got.Refused, "%s %s: %.300s / %.300s", command, name, want.Output, got.Output)
			require.True(t, want.Output == got.Output, "%s %s: %.300s / %.300s", command, name, want.Output, got.Output)
			if want.Refused {
				refused++
			} else {
				accepted++
			}
		}
	}
	t.Logf("%d answers, %d refusals", accepted, refused)
	require.Greater(t, accepted, 100)
	require.Greater(t, refused, 100)
}
