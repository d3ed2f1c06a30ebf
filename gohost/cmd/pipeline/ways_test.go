package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost"
)

func TestWordsThatCompleteALine(t *testing.T) {
	for line, want := range map[string]string{
		"comp":                        "words compile completion",
		"run --outp":                  "words --output --output-file",
		"run --output j":              "words json",
		"run --output = j":            "words json", // as bash splits it
		"version --output =":          "words text json",
		"run --output=j":              "words --output=json",
		"run --plot ":                 "files",
		"run --plot=a":                "files",
		"run --cache-dir ":            "directories",
		"run --title ":                "words",
		"run ":                        "files",
		"run a.csv b":                 "files",
		"run -- -":                    "files",
		"run --follow ":               "files", // the flag takes no value
		"run --nothing ":              "files",
		"run --nothing=":              "words",
		"new pl":                      "words plugin",
		"new plugin --lang=ru":        "words --lang=rust",
		"completion ":                 "words bash zsh fish",
		"completion bash ":            "words",
		"version -o ":                 "words text json",
		"version --ver":               "words --version",
		"no such command":             "words",
		"run \x00 --interpreter=\xff": "words",
	} {
		res := pipeline(t, "", append([]string{"__complete"}, strings.Split(line, " ")...)...)
		require.Equal(t, 0, res.status)
		require.Empty(t, res.err)
		var words []string
		for l := range strings.Lines(res.out) {
			word, _, _ := strings.Cut(strings.TrimSuffix(l, "\n"), "\t")
			words = append(words, word)
		}
		assert.Equal(t, want, strings.Join(words, " "), "%q", line)
	}
	require.Contains(t, pipeline(t, "", "__complete").out, "run\tCompute statistics")
}

// The scripts work in the shells that are there.
func TestCompletionsInShells(t *testing.T) {
	// The directory that is completed is not the home directory: fish writes
	// its settings there.
	dir, home, files := t.TempDir(), t.TempDir(), t.TempDir()
	require.NoError(t, os.Symlink(os.Args[0], filepath.Join(dir, "pipeline")))
	require.NoError(t, os.WriteFile(filepath.Join(files, "two words.csv"), nil, 0o600))
	require.NoError(t, os.Mkdir(filepath.Join(files, "sub"), 0o700))
	for shell, test := range map[string]string{
		"bash": `source <(pipeline completion bash)
t() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _pipeline; for w in "${COMPREPLY[@]}"; do echo "$w"; done; echo; }
t pipeline run --outp; t pipeline run --output = js; t pipeline run t; t pipeline run --cache-dir ""`,
		"fish": `source (pipeline completion fish | psub)
for c in "run --outp" "run --output js" "run t" "run --cache-dir "; complete -C "pipeline $c" | string replace -r '\t.*' '' | string trim -c /; echo; end`,
	} {
		path, err := exec.LookPath(shell)
		if err != nil {
			continue
		}
		cmd := exec.CommandContext(t.Context(), path, "-c", test)
		cmd.Dir = files
		cmd.Env = []string{"PATH=" + dir + ":/usr/bin:/bin", "HOME=" + home, "LANG=C.UTF-8", asProgram + "=1"}
		out, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s: %s", shell, out)
		assert.Equal(t, "--output\n--output-file\n\njson\n\ntwo words.csv\n\nsub\n\n", string(out), shell)
	}
	res := pipeline(t, "", "completion", "csh")
	require.Equal(t, 2, res.status)
	require.Contains(t, pipeline(t, "", "completion", "zsh").out, "compdef _pipeline pipeline")
}

func TestTheManualPageHasEveryCommandAndFlag(t *testing.T) {
	res := pipeline(t, "", "man")
	require.Equal(t, 0, res.status, res.err)
	require.Equal(t, res, pipeline(t, "", "man"))
	for _, want := range []string{".TH \"PIPELINE\"", ".SS \"pipeline run\"", ".SS \"pipeline new plugin\"", `\fB\-\-group\-by\fR`, "EXIT STATUS", "zcat log.gz | pipeline run \\- "} {
		assert.Contains(t, res.out, want)
	}
	for line := range strings.Lines(res.out) {
		if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
			assert.Regexp(t, `^\.(TH|SH|SS|TP|PP|RS|RE|nf|fi)\b`, line, "only requests that are meant")
		}
	}
	// Where there is groff, it has no complaint.
	if groff, err := exec.LookPath("groff"); err == nil {
		cmd := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww")
		cmd.Stdin = strings.NewReader(res.out)
		var complaints strings.Builder
		cmd.Stderr = &complaints
		require.NoError(t, cmd.Run())
		assert.Empty(t, complaints.String())
	}
}

func TestTheVersion(t *testing.T) {
	text := pipeline(t, "", "version")
	require.Equal(t, 0, text.status)
	require.True(t, strings.HasPrefix(text.out, pipeline(t, "", "--version").out), "it begins as --version")
	require.Contains(t, text.out, "\nGo go1.")
	var about map[string]any
	require.NoError(t, json.Unmarshal([]byte(pipeline(t, "", "version", "-o", "json").out), &about))
	require.Equal(t, gohost.EngineHash(), about["engine_sha256"])
	for _, member := range []string{"version", "wazero", "go", "os", "arch", "revision", "revision_time", "modified"} {
		require.Contains(t, about, member)
	}
}
