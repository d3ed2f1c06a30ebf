package tests

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/vectors"
)

// writeReport writes the table of cases that passed, per function and runtime.
func writeReport(path string, v *vectors.File, runs []*run) error {
	var b strings.Builder
	verdict := "Each answer has the expected bits, and the bits of all other runtimes."
	for _, r := range runs {
		if len(r.failed) > 0 {
			verdict = "**Some answers are wrong**; see below."
		}
	}
	fmt.Fprintf(&b, "# Conformance\n\n%d cases, the same on every runtime. %s\n", len(v.Cases), verdict)
	fmt.Fprintf(&b, "Written by `go test ./tests -run TestConformance` (%s, %s/%s).\n\n", runtime.Version(), runtime.GOOS, runtime.GOARCH)

	b.WriteString("| function | cases |")
	for _, r := range runs {
		fmt.Fprintf(&b, " %s |", r.name)
	}
	b.WriteString("\n| --- | ---: |" + strings.Repeat(" ---: |", len(runs)) + "\n")
	for _, function := range functions {
		writeRow(&b, function, v, runs, func(c *vectors.Case) bool { return isOf(c, function) })
	}
	writeRow(&b, "all", v, runs, func(*vectors.Case) bool { return true })
	b.WriteString("\nA cell is what passed, and after the plus what differs legally.\n")

	writeLegal(&b, runs)
	writeFailed(&b, runs)

	b.WriteString("\n## Versions\n\n")
	for _, r := range runs {
		fmt.Fprintf(&b, "- %s: %s\n", r.name, r.version)
	}
	for _, file := range []string{corePath, componentPath} {
		wasm, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(wasm)
		fmt.Fprintf(&b, "- `%s`: %d bytes, SHA-256 `%s`\n", strings.TrimPrefix(file, "../"), len(wasm), hex.EncodeToString(sum[:]))
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(b.String()), 0o644)
}

func writeRow(b *strings.Builder, name string, v *vectors.File, runs []*run, in func(*vectors.Case) bool) {
	cells := make([]string, len(runs))
	total := 0
	for i, r := range runs {
		passed, legal := 0, 0
		total = 0
		for _, c := range v.Cases {
			if !in(c) {
				continue
			}
			total++
			_, isFailed := r.failed[c.ID]
			_, isLegal := r.legal[c.ID]
			switch {
			case isFailed:
			case isLegal:
				legal++
			default:
				passed++
			}
		}
		cells[i] = fmt.Sprint(passed)
		if legal > 0 {
			cells[i] += fmt.Sprintf(" + %d", legal)
		}
	}
	fmt.Fprintf(b, "| %s | %d | %s |\n", name, total, strings.Join(cells, " | "))
}

func writeLegal(b *strings.Builder, runs []*run) {
	b.WriteString("\n## Legal differences\n\n")
	none := true
	for _, r := range runs {
		byReason := make(map[string][]string)
		for id, legal := range r.legal {
			byReason[legal.Reason] = append(byReason[legal.Reason], "`"+id+"`")
		}
		for _, reason := range sortedKeys(byReason) {
			none = false
			slices.Sort(byReason[reason])
			fmt.Fprintf(b, "- %s: %s. Cases: %s.\n", r.name, reason, strings.Join(byReason[reason], ", "))
		}
	}
	if none {
		b.WriteString("None.\n")
	}
}

func writeFailed(b *strings.Builder, runs []*run) {
	for _, r := range runs {
		if len(r.failed) == 0 {
			continue
		}
		fmt.Fprintf(b, "\n## FAILED: %s\n\n", r.name)
		for _, id := range sortedKeys(r.failed) {
			fmt.Fprintf(b, "- `%s`: %s\n", id, r.failed[id])
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// goModVersion is the version of a module that go.mod requires.
func goModVersion(module string) (string, error) {
	text, err := os.ReadFile("../go.mod")
	if err != nil {
		return "", err
	}
	match := regexp.MustCompile(regexp.QuoteMeta(module) + ` (v\S+)`).FindSubmatch(text)
	if match == nil {
		return "", fmt.Errorf("go.mod does not require %s", module)
	}
	return string(match[1]), nil
}
