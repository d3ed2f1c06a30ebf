package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
)

const needsGrants = "../../testdata/wasi.wasm"

func TestInspectTakesGrantsIntoAccount(t *testing.T) {
	res := pipeline(t, "", "inspect", needsGrants)
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, "\n  it imports the function \"wasi_snapshot_preview1\" \"random_get\", which is not granted\n")
	require.Contains(t, res.out, "\nwith --grant clock,files=DIRECTORY,random the Go host can load it\n")

	res = pipeline(t, "", "inspect", needsGrants, "--grant", "clock,random=seed:7", "--grant", "files="+t.TempDir())
	require.Equal(t, 0, res.status, res.err)
	require.Contains(t, res.out, "\ncontract: OK")
	require.NotContains(t, res.out, "--grant")

	res = pipeline(t, "", "inspect", needsGrants, "--grant", "random")
	require.Equal(t, 1, res.status)
	require.NotContains(t, res.out, "random_get\", which")
	require.Contains(t, res.out, "with --grant clock,files=DIRECTORY,random the Go host can load it\n")

	// A module that lacks more than grants.
	broken := bytes.ReplaceAll(readFile(t, needsGrants), []byte("org:compute/pipeline@"), []byte("org:compute/channel_@"))
	res = pipeline(t, "", "inspect", tempFile(t, "broken.wasm", broken))
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, "\nits imports of WASI need --grant clock,files=DIRECTORY,random; the rest of the reasons remains\n")

	res = pipeline(t, "", "inspect", engineFile, "--import-none")
	require.Equal(t, 0, res.status)
}

// A component of WASI 0.2 is told the same, by the world that it declares.
func TestInspectNamesTheGrantsOfAComponent(t *testing.T) {
	const component = "../../sandbox/testdata/rust/wasip2.wasm"
	res := pipeline(t, "", "inspect", component)
	require.Equal(t, 1, res.status)
	require.Regexp(t, `the component imports the instance "wasi:clocks/wall-clock@0\.2\.\d+", which is not granted; clock would do\n`, res.out)
	require.Contains(t, res.out, "\nwith --grant clock,files=DIRECTORY,random the Go host can load it\n")

	res = pipeline(t, "", "inspect", component, "--grant", "clock,random,files="+t.TempDir())
	require.Equal(t, 0, res.status, res.err)
	require.NotContains(t, res.out, "not granted")

	// What one module of a component gives another is no import of it.
	res = pipeline(t, "", "inspect", "testdata/adapter.wasm")
	require.Equal(t, 1, res.status)
	require.Contains(t, res.out, "\nits imports of WASI need --grant clock; the rest of the reasons remains\n")
}

func TestGrantsOfARun(t *testing.T) {
	want := string(readFile(t, "testdata/points.table"))
	require.Equal(t, outcome{out: want}, pipeline(t, "", "run", "testdata/points.json", "--module", engineFile, "--grant", "clock"))
	res := pipeline(t, "", "run", "testdata/points.json", "--module", needsGrants, "--import-none")
	require.Equal(t, 1, res.status)
	require.Contains(t, res.err, "which is not granted")
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"--grant", "clock"}, "pipeline: --grant needs --module: the embedded engine uses nothing\n"},
		{[]string{"--module", engineFile, "--grant", "clock", "--import-none"}, "pipeline: --grant and --import-none exclude each other\n"},
		{[]string{"--module", engineFile, "--grant", "clock,time"}, "pipeline: --grant: invalid input: there is no grant \"time\"; the grants are clock, "},
		{[]string{"--module", engineFile, "--grant", "files=none"}, "pipeline: --grant: invalid input: the grant of files: "},
	} {
		res := pipeline(t, "", append([]string{"run", "testdata/points.json"}, c.args...)...)
		require.Equal(t, 2, res.status, c.args)
		require.Contains(t, res.err, c.want)
		require.Empty(t, res.out)
	}
}
