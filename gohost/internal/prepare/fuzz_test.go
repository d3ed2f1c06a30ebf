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
	f.Fuzz(func(t *testing.T, wasm []byte) {
		for _, meter := range []bool{false, true} {
			out, err := sandbox.Prepare(t.Context(), wasm, Options{Meter: meter})
			answered(t, err)
			if err != nil {
				return
			}
			problems, err := sandbox.Check(t.Context(), wasm, nil)
			require.NoError(t, err)
			require.Empty(t, problems)
			if !meter {
				continue
			}
			r := wazero.NewRuntimeWithConfig(t.Context(), wazero.NewRuntimeConfigInterpreter())
			_, err = r.CompileModule(t.Context(), out)
			require.NoError(t, err)
			require.NoError(t, r.Close(t.Context()))
		}
	})
}
