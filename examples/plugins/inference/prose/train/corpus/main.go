// Command corpus prints the comments of Go's standard library and tools, which are English about
// programs, as lines of JSON: {"package", "text"}. The same release of Go gives the same text. They
// are under the licence of Go, BSD-3-Clause; ../../NOTICE has further notices of parts of Go's source.
//
//	go run ./corpus > corpus.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What is shorter is a remark on a line of code.
const shortest = 60

func main() {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		log.Fatal(err)
	}
	out := bufio.NewWriter(os.Stdout)
	if err := write(out, filepath.Join(strings.TrimSpace(string(root)), "src")); err != nil {
		log.Fatal(err)
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

// comment is a line of the output.
type comment struct {
	Package string `json:"package"`
	Text    string `json:"text"`
}

// write prints each comment once, in the order of the files.
func write(out *bufio.Writer, root string) error {
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	seen := map[string]bool{}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch name := entry.Name(); {
		case err != nil:
			return err
		case entry.IsDir() && (name == "testdata" || name == "vendor"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go"):
			return nil
		}
		texts, err := comments(path)
		if err != nil {
			return err
		}
		directory, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, text := range texts {
			if seen[text] {
				continue
			}
			seen[text] = true
			if err := lines.Encode(comment{filepath.ToSlash(directory), text}); err != nil {
				return err
			}
		}
		return nil
	})
}

// comments returns the comments of a file that are prose.
func comments(path string) ([]string, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading %s", path), err)
	}
	if ast.IsGenerated(file) {
		return nil, nil
	}
	var texts []string
	for _, group := range file.Comments {
		if text := strings.TrimSpace(group.Text()); isProse(text) {
			texts = append(texts, text)
		}
	}
	return texts, nil
}

// isProse reports whether a text is mostly words, and no notice of a copyright.
func isProse(text string) bool {
	if len(text) < shortest || strings.Contains(text, "Copyright") {
		return false
	}
	letters := 0
	for _, c := range []byte(text) {
		if c == ' ' || c >= 'a' && c <= 'z' {
			letters++
		}
	}
	return letters*10 >= len(text)*8
}
