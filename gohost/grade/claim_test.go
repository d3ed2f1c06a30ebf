package grade_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/grade"
)

const (
	core      = "\x00asm\x01\x00\x00\x00"
	component = "\x00asm\x0d\x00\x01\x00"
)

// section returns a section of less than 16 KiB.
func section(id byte, contents string) string {
	n := len(contents)
	if n < 128 {
		return string([]byte{id, byte(n)}) + contents
	}
	return string([]byte{id, byte(n) | 128, byte(n >> 7)}) + contents
}

func custom(name, payload string) string {
	return section(0, string(byte(len(name)))+name+payload)
}

func claim(payload string) string { return custom(grade.Section, payload) }

func TestClaims(t *testing.T) {
	for _, c := range []struct {
		wasm    string
		grade   grade.Grade
		claimed bool
	}{
		{core, grade.Stable, false},
		{component, grade.Stable, false},
		{core + claim("exact"), grade.Exact, true},
		{core + claim("stable"), grade.Stable, true},
		{core + claim("exact") + section(1, "\x00") + claim("exact"), grade.Exact, true},
		{component + claim("exact"), grade.Exact, true},
		{component + section(1, core+claim("exact")), grade.Exact, true},
		{component + claim("exact") + section(1, core+claim("exact")) + section(1, core), grade.Exact, true},
		// A component inside a component is a part with a contract of its own.
		{component + section(4, component+claim("exact")), grade.Stable, false},
		// The name is in another section's contents, or it is another name.
		{core + section(11, claim("exact")), grade.Stable, false},
		{core + custom("producers", claim("exact")), grade.Stable, false},
		{core + custom(grade.Section+"s", "exact"), grade.Stable, false},
		{core + section(0, "") + section(0, "\x80"), grade.Stable, false},
		{core + section(1, core+claim("exact")), grade.Stable, false},
		// A length may be longer than needed, up to five bytes.
		{core + "\x00\x9c\x80\x80\x80\x00" + "\x16" + grade.Section + "exact", grade.Exact, true},
	} {
		g, claimed, err := grade.Claimed([]byte(c.wasm))
		require.NoError(t, err, "%q", c.wasm)
		assert.Equal(t, c.grade, g, "%q", c.wasm)
		assert.Equal(t, c.claimed, claimed, "%q", c.wasm)
	}
}

func TestFilesWithoutAClaimThatCounts(t *testing.T) {
	for wasm, want := range map[string]string{
		"":                                "it starts with , which is neither",
		"\x00asm":                         "it starts with 00 61 73 6d, which is neither",
		"\x00asm\x02\x00\x00\x00":         "which is neither",
		core + "\x00":                     "the section at byte 8 does not end in it",
		core + claim("exact") + "\x01":    "the section at byte 38 does not end in it",
		core + "\x00\x05abcd":             "the section at byte 8 does not end in it",
		core + "\x00\xff\xff\xff\xff\x0f": "the section at byte 8 does not end in it",
		core + "\x00\xff\xff\xff\xff\xff\xff\x00": "the section at byte 8 does not end in it",
		component + section(1, core+"\x00\x09"):   "the section at byte 8 does not end in it",
	} {
		_, claimed, err := grade.Claimed([]byte(wasm))
		require.ErrorIs(t, err, gohost.ErrModule, "%q", wasm)
		assert.ErrorContains(t, err, want, "%q", wasm)
		assert.False(t, claimed)
	}
	for wasm, want := range map[string]string{
		core + claim(""):                                              `has "", expected "exact" or "stable"`,
		core + claim("exact "):                                        `has "exact ", expected`,
		core + claim("Exact"):                                         `has "Exact", expected`,
		core + claim(strings.Repeat("e", 5000)):                       `has "` + strings.Repeat("e", 40) + `", expected`,
		core + claim("exact") + claim("stable"):                       `claim both "exact" and "stable"`,
		component + claim("stable") + section(1, core+claim("exact")): `claim both "stable" and "exact"`,
		component + section(1, core+claim("exact")) + section(1, core+claim("stable")): `claim both "exact" and "stable"`,
	} {
		g, claimed, err := grade.Claimed([]byte(wasm))
		require.ErrorIs(t, err, gohost.ErrContract, "%q", wasm)
		require.NotErrorIs(t, err, gohost.ErrModule)
		assert.ErrorContains(t, err, want, "%q", wasm)
		assert.Equal(t, grade.Stable, g)
		assert.False(t, claimed)
	}
}

func TestClaimIsAppendedToAFinishedFile(t *testing.T) {
	for _, name := range []string{"echo", "component"} {
		wasm, err := os.ReadFile("../testdata/" + name + ".wasm")
		require.NoError(t, err)
		before := bytes.Clone(wasm)
		for _, g := range []grade.Grade{grade.Exact, grade.Stable} {
			claiming, err := grade.Claim(wasm, g)
			require.NoError(t, err)
			assert.Equal(t, before, wasm)
			got, claimed, err := grade.Claimed(claiming)
			require.NoError(t, err)
			assert.True(t, claimed)
			assert.Equal(t, g, got)
			assert.Equal(t, fmtErr(gohost.Check(t.Context(), wasm)), fmtErr(gohost.Check(t.Context(), claiming)), "it stays the same module")

			again, err := grade.Claim(claiming, g)
			require.NoError(t, err)
			assert.Equal(t, claiming, again)
			other := map[grade.Grade]grade.Grade{grade.Exact: grade.Stable, grade.Stable: grade.Exact}[g]
			_, err = grade.Claim(claiming, other)
			require.ErrorIs(t, err, gohost.ErrContract)
			assert.ErrorContains(t, err, "claims the grade \""+string(g)+"\" already")
		}
	}
	_, err := grade.Claim([]byte(core), "best")
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
	_, err = grade.Claim([]byte("text"), grade.Exact)
	require.ErrorIs(t, err, gohost.ErrModule)
}

func fmtErr(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestGradesAreOrdered(t *testing.T) {
	assert.True(t, grade.Exact.Meets(grade.Exact))
	assert.True(t, grade.Exact.Meets(grade.Stable))
	assert.True(t, grade.Stable.Meets(grade.Stable))
	assert.False(t, grade.Stable.Meets(grade.Exact))
	g, err := grade.Parse("exact")
	require.NoError(t, err)
	assert.Equal(t, grade.Exact, g)
	_, err = grade.Parse("Exact")
	require.ErrorIs(t, err, gohost.ErrInvalidInput)
}

// FuzzClaimed gives Claimed any bytes. What it accepts, it must accept with a claim
// appended, and see that claim.
func FuzzClaimed(f *testing.F) {
	files, err := filepath.Glob("../testdata/*.wasm")
	require.NoError(f, err)
	for _, name := range files {
		wasm, err := os.ReadFile(name)
		require.NoError(f, err)
		if len(wasm) < 10_000 {
			f.Add(wasm)
		}
	}
	f.Add([]byte(component + claim("stable") + section(1, core+claim("exact"))))
	f.Fuzz(func(t *testing.T, wasm []byte) {
		before := bytes.Clone(wasm)
		g, claimed, err := grade.Claimed(wasm)
		if err != nil {
			require.ErrorIs(t, err, gohost.ErrContract) // ErrModule is one too
			require.False(t, claimed)
			return
		}
		claiming, err := grade.Claim(wasm, grade.Exact)
		require.Equal(t, before, wasm)
		if claimed && g == grade.Stable {
			require.ErrorIs(t, err, gohost.ErrContract)
			return
		}
		require.NoError(t, err)
		g, claimed, err = grade.Claimed(claiming)
		require.NoError(t, err)
		require.True(t, claimed)
		require.Equal(t, grade.Exact, g)
	})
}
