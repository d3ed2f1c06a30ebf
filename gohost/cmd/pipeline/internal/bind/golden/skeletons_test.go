package golden_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/golden/echo"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/bind/wit"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/scaffold"
	"example.org/compute-pipeline/gohost/sandbox"
)

// skeleton builds a skeleton in a language, whose author has changed a file.
func skeleton(t *testing.T, language, path, file string, write func(source string) string) []byte {
	t.Helper()
	if os.Getenv("COMPUTE_PIPELINE_GUESTS") == "" {
		t.Skip("make example builds skeletons")
	}
	description, err := wit.Describe(ctx, path, wit.Options{})
	require.NoError(t, err)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	files, err := scaffold.Skeleton(language, description, []scaffold.File{{Path: "a.wit", Data: text}})
	require.NoError(t, err)
	dir := filepath.Join(t.TempDir(), language)
	require.NoError(t, scaffold.Write(dir, files))
	source, err := os.ReadFile(filepath.Join(dir, file))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(write(string(source))), 0o600))
	command := exec.CommandContext(ctx, "./build.sh")
	command.Dir = dir
	command.Env = append(os.Environ(), "GOFLAGS=")
	printed, err := command.CombinedOutput()
	require.NoError(t, err, string(printed))
	wasm, err := os.ReadFile(filepath.Join(dir, "plugin.wasm"))
	require.NoError(t, err)
	return wasm
}

// echoes has the languages whose skeletons pass values by code of their own, with the first
// line of a function, before its parameters, and the name of the function of the host.
var echoes = map[string]struct {
	file     string
	function *regexp.Regexp
	hosts    string
	// argument is the name of a parameter.
	argument *regexp.Regexp
	grants   []sandbox.Grant
}{
	"c": {
		file: "plugin.c", function: regexp.MustCompile(`^\w+ exports_(\w+)\(`), hosts: "$1",
		argument: regexp.MustCompile(`(\w+)$`),
	},
	"go": {
		file: "plugin.go", function: regexp.MustCompile(`^func exportedV(\w+)\(`), hosts: "v$1",
		argument: regexp.MustCompile(`^(\w+)`),
		grants:   []sandbox.Grant{sandbox.GrantClock(), sandbox.GrantSeededRandom(7), sandbox.GrantOutput(sandbox.OutputLimits{})},
	},
}

// Every function passes its arguments to the function of the host with the same name, by the
// code of the skeleton in both directions.
func TestSkeletonsPassEveryKindOfValue(t *testing.T) {
	for language, of := range echoes {
		t.Run(language, func(t *testing.T) {
			functions := 0
			wasm := skeleton(t, language, "../testdata/echo.wit", of.file, func(source string) string {
				var out strings.Builder
				inBody := false
				for line := range strings.Lines(source) {
					found := of.function.FindStringSubmatchIndex(line)
					switch {
					case found != nil:
						inBody = true
						functions++
						params, result := parameters(line[found[1]:])
						var args []string
						for _, p := range params {
							args = append(args, of.argument.FindString(p))
						}
						call := string(of.function.ExpandString(nil, of.hosts, line, found)) + "(" + strings.Join(args, ", ") + ");\n"
						if language == "c" || strings.TrimSpace(result) != "" {
							call = "return " + call
						}
						out.WriteString(line + "\t" + call)
					case line == "}\n":
						inBody = false
						out.WriteString(line)
					case !inBody:
						out.WriteString(line)
					}
				}
				return out.String()
			})
			require.Equal(t, 61, functions)
			host := &values{}
			module := start(t, echo.Binding(echo.Imports{Values: host}), wasm, sandbox.WithGrants(of.grants...))
			t.Cleanup(func() { assert.NoError(t, module.Close(ctx)) })
			echoAll(t, module, host)
			results(t, module)
		})
	}
}

// parameters returns the parameters that a text begins with, and what is between their end and
// the body.
func parameters(text string) (list []string, result string) {
	depth, begin := 0, 0
	for i, c := range text {
		switch {
		case strings.ContainsRune("([{", c):
			depth++
		case c == ')' && depth == 0:
			if last := strings.TrimSpace(text[begin:i]); last != "" && last != "void" {
				list = append(list, last)
			}
			return list, strings.TrimSuffix(text[i+1:], "{\n")
		case strings.ContainsRune(")]}", c):
			depth--
		case c == ',' && depth == 0:
			list = append(list, strings.TrimSpace(text[begin:i]))
			begin = i + 1
		}
	}
	return list, result
}
