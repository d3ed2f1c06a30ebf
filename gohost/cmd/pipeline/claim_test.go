package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/grade"
)

func TestClaim(t *testing.T) {
	for _, source := range []string{engineFile, "../../testdata/component.wasm"} {
		path := tempFile(t, "plugin.wasm", readFile(t, source))
		require.NoError(t, os.Chmod(path, 0o640))
		require.Equal(t, outcome{out: path + " claims the grade exact now\n"}, pipeline(t, "", "claim", "exact", path))
		claiming := readFile(t, path)
		g, claimed, err := grade.Claimed(claiming)
		require.NoError(t, err)
		require.True(t, claimed)
		require.Equal(t, grade.Exact, g)
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o640), info.Mode())

		require.Equal(t, outcome{out: path + " claims the grade exact already\n"}, pipeline(t, "", "claim", "exact", path))
		res := pipeline(t, "", "claim", "stable", path)
		require.Equal(t, 1, res.status)
		require.Equal(t, "pipeline: "+path+": contract not met: the module claims the grade \"exact\" already, and can claim one only\n", res.err)
		require.Equal(t, claiming, readFile(t, path), "it stays as it was")
		entries, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
		require.NoError(t, err)
		require.Equal(t, []string{path}, entries, "and nothing is beside it")
	}
}

func TestClaimOfOtherFiles(t *testing.T) {
	text := tempFile(t, "text", []byte("text"))
	res := pipeline(t, "", "claim", "exact", text)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "it starts with 74 65 78 74, which is neither a core module nor a component")
	require.Equal(t, 2, pipeline(t, "", "claim", "exact", text+".wasm").status)
	require.Equal(t, 2, pipeline(t, "", "claim", "best", text).status)
}

func TestInspectSaysTheGrade(t *testing.T) {
	path := tempFile(t, "plugin.wasm", readFile(t, engineFile))
	const accepted = "contract: OK, the Go host can load it (pipeline run --module)\n"
	res := pipeline(t, "", "inspect", path)
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, accepted+"grade of answers: stable, since it claims none; serve accepts that unless --require-grade is exact\n")

	require.Equal(t, 0, pipeline(t, "", "claim", "exact", path).status)
	require.Contains(t, pipeline(t, "", "inspect", path).out, accepted+"grade of answers: exact, as it claims; serve accepts that, and tests it\n")

	path = tempFile(t, "stable.wasm", readFile(t, engineFile))
	require.Equal(t, 0, pipeline(t, "", "claim", "stable", path).status)
	require.Contains(t, pipeline(t, "", "inspect", path).out, "grade of answers: stable, as it claims; serve accepts that unless --require-grade is exact, and tests it\n")

	empty, err := grade.Claim([]byte("\x00asm\x01\x00\x00\x00"), grade.Exact)
	require.NoError(t, err)
	path = tempFile(t, "both.wasm", append(readFile(t, path), empty[8:]...))
	res = pipeline(t, "", "inspect", path)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, accepted+"grade of answers: invalid, serve rejects it\n  contract not met: the sections \"compute-pipeline:grade\" claim both \"stable\" and \"exact\"\n")
	require.Equal(t, "pipeline: "+path+": serve rejects the grade that this file claims\n", res.err)
}

func TestInspectOfMeteredModules(t *testing.T) {
	res := pipeline(t, "", "inspect", "../../engine.wasm")
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, "\ncontract: OK, this is the engine that this program has embedded (pipeline run, and the plugin \"engine\" of serve)\n")
	require.Contains(t, res.out, "\ngrade of answers: exact\n")
	require.Empty(t, res.err)

	// The engine of another release: one section more.
	other := append(readFile(t, "../../engine.wasm"), "\x00\x02\x01x"...)
	res = pipeline(t, "", "inspect", tempFile(t, "other.wasm", other))
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, "\ncontract: not met, the Go host cannot load it\n")
	require.Contains(t, res.out, "\nit is metered already, and the host meters modules itself: give it the module before metering\n")
	require.NotContains(t, res.out, "grade of answers")
}
