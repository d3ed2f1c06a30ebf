package worlds

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"example.org/compute-pipeline/gohost/sandbox"
	"example.org/compute-pipeline/tests/internal/tool"
	"example.org/compute-pipeline/tests/worlds/wast"
)

// Why the host refuses components of the component model's tests, as its error says.
const (
	// The host runs one component. These are two or more, each with a module of its own, one of
	// which calls the other.
	linked = "it is composed of components with core modules of their own"
	// A component for itself can have a resource that its world does not: WIT cannot say so.
	hidden = "a function for another resource"
	async  = "asynchronous functions, which this host cannot run"
)

// refused are the components that the host does not run, by file and line.
var refused = map[string]string{
	"resources/borrows:4":            linked,
	"resources/handle-table:7":       hidden,
	"resources/handle-table:53":      linked,
	"resources/handle-table:110":     linked,
	"resources/handle-table:217":     linked,
	"resources/handle-table:265":     linked,
	"resources/handle-table:297":     hidden,
	"resources/multiple-resources:4": linked,
	"values/alignment:5":             linked,
	"values/alignment:30":            linked,
	"values/alignment:56":            linked,
	"values/alignment:85":            linked,
	"values/alignment:114":           linked, // and UTF-16
	"values/alignment:143":           linked, // and Latin-1
	"values/alignment:177":           linked,
	"values/concat:463":              linked,
	"values/numerics:6":              linked,
	"values/numerics:87":             linked,
	"values/numerics:132":            linked,
	"values/numerics:167":            linked,
	"values/numerics:202":            linked,
	"values/post-return:4":           linked, // and asynchronous
	"values/post-return:260":         async,
	"values/post-return:296":         hidden,
	"values/post-return:334":         async,
	"values/post-return:363":         linked,
	"values/realloc:6":               linked,
	"values/realloc:43":              linked,
	"values/realloc:70":              linked,
	"values/transcode:7":             linked, // and UTF-16, like all below
	"values/transcode:117":           linked,
	"values/transcode:205":           linked,
	"values/transcode:323":           linked,
	"values/transcode:437":           linked,
	"values/variants:6":              linked,
	"values/variants:83":             linked,
}

// script is a component with what is asserted of it.
type script struct {
	name, text, assertions string
	count                  int
}

// The component model's own tests of values and resources: each component that one core module
// implements does what is asserted, in both engines. The others are refused, with the reason
// that they should have.
func TestComponentModel(t *testing.T) {
	lookAt(t, "../../gohost")
	const source = "testdata/component-model"
	paths, err := filepath.Glob(source + "/*/*.wast")
	require.NoError(t, err)
	require.Len(t, paths, 11)
	dir := t.TempDir()
	var texts []string
	var run []script
	known := map[string]bool{}
	assertions := 0
	for _, path := range paths {
		for _, s := range scripts(t, source, path) {
			if _, ok := refused[s.name]; !ok {
				s.text = named(s.text)
			}
			file := filepath.Join(dir, strings.NewReplacer("/", "-", ":", "-").Replace(s.name)+".wat")
			require.NoError(t, os.WriteFile(file, []byte(s.text), 0o644))
			texts = append(texts, file)
			if _, ok := refused[s.name]; ok {
				known[s.name] = true
				continue
			}
			number := filepath.Join(dir, strconv.Itoa(len(run)))
			require.NoError(t, os.Mkdir(number, 0o755))
			require.NoError(t, os.WriteFile(filepath.Join(number, "script.wast"), []byte(s.assertions), 0o644))
			// A component that exports types is not read back by wit-parser.
			wit, err := os.ReadFile(fmt.Sprintf("%s/%s.wit", source, strings.NewReplacer("values/", "", ":", "-").Replace(s.name)))
			if err == nil {
				require.NoError(t, os.WriteFile(filepath.Join(number, "world.wit"), wit, 0o644))
			}
			s.text = file
			run = append(run, s)
			assertions += s.count
		}
	}
	assert.Len(t, known, len(refused), "all that are refused are there")
	tool.Assemble.Run(t, append([]string{"text"}, texts...)...)
	for _, file := range texts {
		wasm := strings.TrimSuffix(file, ".wat") + ".wasm"
		for name, reason := range refused {
			if strings.TrimSuffix(filepath.Base(file), ".wat") == strings.NewReplacer("/", "-", ":", "-").Replace(name) {
				refuses(t, wasm, name, reason)
			}
		}
	}
	for number, s := range run {
		wasm := strings.TrimSuffix(s.text, ".wat") + ".wasm"
		require.NoError(t, os.Rename(wasm, filepath.Join(dir, strconv.Itoa(number), "component.wasm")))
	}
	bind(t, dir, len(run))
	program := build(t, dir, len(run), "Scripts")
	require.Equal(t, fmt.Sprintf("%d assertions\n", 2*assertions), runProgram(t, "", nil, program, dir))
	t.Logf("%d components of %d run, with %d assertions", len(run), len(texts), assertions)
}

var (
	lifted = regexp.MustCompile(`\(func \(export "([^"]+)"\)[^$]*?(?:\$[a-z0-9-]+[^$]*?)??\(canon lift\s+\(core func \$m "([^"]+)"\)`)
	names  = strings.NewReplacer(
		`(export "mem")`, `(export "memory")`, `$m "mem"`, `$m "memory"`,
		`(export "realloc")`, `(export "cabi_realloc")`, `$m "realloc"`, `$m "cabi_realloc"`,
	)
)

// named returns a component whose core module has the names of the canonical ABI, as that of
// every toolchain has: the host finds memory, realloc and functions by them.
func named(component string) string {
	component = names.Replace(component)
	exports := map[string]string{}
	for _, f := range lifted.FindAllStringSubmatch(component, -1) {
		exports[f[2]] += fmt.Sprintf("(export %q) ", f[1])
	}
	for name, as := range exports {
		if as != fmt.Sprintf("(export %q) ", name) {
			component = strings.Replace(component, fmt.Sprintf("(func (export %q) ", name), "(func "+as, 1)
		}
	}
	return lifted.ReplaceAllStringFunc(component, func(f string) string {
		parts := lifted.FindStringSubmatch(f)
		return strings.TrimSuffix(f, fmt.Sprintf("%q)", parts[2])) + fmt.Sprintf("%q)", parts[1])
	})
}

func refuses(t *testing.T, path, name, reason string) {
	t.Helper()
	wasm, err := os.ReadFile(path)
	require.NoError(t, err)
	err = sandbox.Check(t.Context(), wasm, &sandbox.Contract{World: "any", Runtime: 1})
	require.ErrorIs(t, err, sandbox.ErrContract, name)
	assert.ErrorContains(t, err, reason, name)
}

// scripts reads the components of a file.
func scripts(t *testing.T, source, path string) []script {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	nodes, err := wast.Parse(string(text))
	require.NoError(t, err)
	name, err := filepath.Rel(source, strings.TrimSuffix(path, ".wast"))
	require.NoError(t, err)
	var made []script
	defined := map[string]int{}
	current := -1
	for _, n := range nodes {
		switch {
		case n.Is("component") && n.List[1].Word == "instance":
			// Each assertion of a definition traps, and has an instance of its own.
			current = defined[n.List[3].Word]
		case n.Is("component"):
			current = len(made)
			component := n.Source
			if n.List[1].Word == "definition" {
				defined[n.List[2].Word] = current
				component = strings.Replace(component, "component definition", "component", 1)
			}
			made = append(made, script{name: fmt.Sprintf("%s:%d", filepath.ToSlash(name), n.Line), text: component})
		default:
			require.True(t, n.Is("assert_return") || n.Is("assert_trap"), n.Source)
			made[current].assertions += n.Source + "\n"
			made[current].count++
		}
	}
	return made
}
