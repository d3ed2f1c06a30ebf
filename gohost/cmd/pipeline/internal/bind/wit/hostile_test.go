package wit

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What takes too much is a limit, and no defect of the parser. The crate's own tests have
// more text of that kind.
func TestTooMuch(t *testing.T) {
	var uses strings.Builder
	for i := range 2_000 {
		fmt.Fprintf(&uses, "interface i%d { use i%d.{t}; }\n", i, i+1)
	}
	text := "package a:b;\n" + uses.String() + "interface i2000 { type t = u8; }\nworld w { import i0; }"
	dir := write(t, map[string]string{"a.wit": text})
	_, err := Describe(t.Context(), dir, Options{})
	require.ErrorIs(t, err, ErrLimit)
	require.ErrorContains(t, err, "it is nested too deep")

	t.Cleanup(func() { baseFuel = 1_000_000_000 })
	baseFuel = 0
	_, err = Describe(t.Context(), "testdata/filter/deps/units/si.wit", Options{})
	require.ErrorIs(t, err, ErrLimit)
	require.ErrorContains(t, err, "reading it takes too long for its size")
}

func TestHostileFiles(t *testing.T) {
	for name, test := range map[string]struct {
		prepare func(dir string) error
		err     string
	}{
		"too much text": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "b.wit"), []byte("//"+strings.Repeat(" ", maxText)), 0o600)
		}, "the WIT is too large: more than 1 MiB of WIT"},
		"an endless file": {func(dir string) error {
			return os.Symlink("/dev/zero", filepath.Join(dir, "b.wit"))
		}, "not a regular file"},
		"a pipe": {func(dir string) error {
			return syscall.Mkfifo(filepath.Join(dir, "b.wit"), 0o600)
		}, "not a regular file"},
		"a link to itself": {func(dir string) error {
			return os.Symlink("b.wit", filepath.Join(dir, "b.wit"))
		}, "b.wit"},
		"a link to the directory": {func(dir string) error {
			return os.Symlink(".", filepath.Join(dir, "deps"))
		}, "a:b"},
		"many files": {func(dir string) error {
			for i := range maxFiles {
				if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("f%d.wit", i)), nil, 0o600); err != nil {
					return err
				}
			}
			return nil
		}, "more than 1000 files"},
		"many entries": {func(dir string) error {
			for i := range maxEntries {
				if err := os.Symlink("a.wit", filepath.Join(dir, fmt.Sprint(i))); err != nil {
					return err
				}
			}
			return nil
		}, "more than 10000 entries"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{"a.wit": "package a:b;\nworld w {}"})
			require.NoError(t, test.prepare(dir))
			_, err := Describe(t.Context(), dir, Options{})
			require.ErrorContains(t, err, test.err)
		})
	}
}

// answered fails unless err is nil or a refusal: anything else is a defect. Errors that come
// of the parser's module itself have "the parser" in their text.
func answered(t *testing.T, err error) {
	t.Helper()
	if refused := (*Error)(nil); err != nil && !errors.As(err, &refused) {
		require.NotContains(t, err.Error(), "the parser")
	}
}

func TestChangedComponents(t *testing.T) {
	component, err := os.ReadFile("../../../../../testdata/component.wasm")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "c.wasm")
	describe := func(data []byte) error {
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := Describe(t.Context(), path, Options{World: "engine"})
		return err
	}
	require.NoError(t, describe(component))
	for at := 0; at < len(component); at += 53 {
		answered(t, describe(component[:at]))
		changed := append([]byte(nil), component...)
		changed[at] ^= byte(at | 1)
		answered(t, describe(changed))
	}
}

func TestAComponent(t *testing.T) {
	fromComponent, err := Describe(t.Context(), "../../../../../testdata/component.wasm", Options{World: "engine"})
	require.NoError(t, err)
	assert.Contains(t, string(fromComponent), `"package":"root:component","version":"","world":"engine"`)
	assert.Contains(t, string(fromComponent), `"interface":"org:analytics/metrics","version":"0.1.0"`)
	_, err = Describe(t.Context(), "../../../../../testdata/component.wasm", Options{World: "not a name"})
	require.ErrorContains(t, err, `"not a name" is not a name for a world`)
}

func FuzzDescribe(f *testing.F) {
	text, err := os.ReadFile("testdata/filter/filter.wit")
	require.NoError(f, err)
	f.Add(text)
	component, err := os.ReadFile("../../../../../testdata/component.wasm")
	require.NoError(f, err)
	f.Add(component[:min(len(component), 4096)])
	f.Add(component[:16]) // cut in its first section
	path := filepath.Join(f.TempDir(), "a.wit")
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 64<<10 {
			t.Skip()
		}
		require.NoError(t, os.WriteFile(path, data, 0o600))
		_, err := Describe(t.Context(), path, Options{})
		answered(t, err)
	})
}
