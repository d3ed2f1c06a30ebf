package prepare

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/tetratelabs/wazero"
)

// seed adds the small modules of the tests to a corpus.
func seed(f *testing.F) {
	f.Helper()
	for _, dir := range []string{"../../testdata", "../../../tests/miscompiled/testdata"} {
		paths, err := filepath.Glob(filepath.Join(dir, "*.wasm"))
		require.NoError(f, err)
		for _, path := range paths {
			wasm, err := os.ReadFile(path)
			require.NoError(f, err)
			if len(wasm) < 8<<10 {
				f.Add(wasm)
			}
		}
	}
}

// answered fails unless err is nil or a refusal: anything else is a defect of
// the prepare module.
func answered(t *testing.T, err error) {
	if refused := (*RefusedError)(nil); err != nil && !errors.As(err, &refused) {
		t.Fatal(err)
	}
}

func FuzzDescribe(f *testing.F) {
	seed(f)
	sandbox := New()
	f.Fuzz(func(t *testing.T, wasm []byte) {
		text, err := sandbox.Describe(t.Context(), wasm)
		answered(t, err)
		if err == nil {
			require.True(t, json.Valid(text), "%s", text)
		}
	})
}

// What is prepared must be something that wazero takes. Without metering, for
// development with modules that are trusted, custom sections stay as they are, and
// wazero may refuse a name section that is broken.
func FuzzPrepare(f *testing.F) {
	seed(f)
	sandbox := New()
	contract, err := os.ReadFile("../../../wit/contract.txt")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, wasm []byte) {
		for _, meter := range []bool{false, true} {
			out, err := sandbox.Prepare(t.Context(), wasm, Options{Contract: contract, Meter: meter})
			answered(t, err)
			if err != nil {
				return
			}
			problems, err := sandbox.Check(t.Context(), wasm, contract)
			require.NoError(t, err)
			require.Empty(t, problems)
			if !meter {
				continue
			}
			r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
			_, err = r.CompileModule(t.Context(), out.Wasm)
			require.NoError(t, err)
			require.NoError(t, r.Close(t.Context()))
		}
	})
}

// Any text is a contract or is refused as one; it never makes the module's answer
// something else.
func FuzzContract(f *testing.F) {
	contract, err := os.ReadFile("../../../wit/contract.txt")
	require.NoError(f, err)
	wasm, err := os.ReadFile("../../testdata/echo.wasm")
	require.NoError(f, err)
	f.Add(contract)
	f.Add([]byte("import\ta:b/c\t1.0.0\nresource\tr\nexport\t\t\toptional\nresource\tr\ngrant\tenv\tclock\n"))
	sandbox := New()
	f.Fuzz(func(t *testing.T, text []byte) {
		problems, err := sandbox.Check(t.Context(), wasm, text)
		if err != nil {
			require.ErrorIs(t, err, ErrContract)
			return
		}
		for _, problem := range problems {
			require.NotEmpty(t, problem)
		}
	})
}
