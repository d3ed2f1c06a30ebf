// Command vectors makes one file of those in tests/vectors: as it is, for the Go package
// that embeds it, or without macros, for programs in any language.
//
//	go run ./scripts/vectors [-check] gohost/vectors/conformance/vectors.json.gz
//	go run ./scripts/vectors -expand dist/compute-pipeline-vectors.json.gz
package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"example.org/compute-pipeline/gohost/vectors"
)

func main() {
	expand := flag.Bool("expand", false, "write the vectors without macros")
	check := flag.Bool("check", false, "compare the file instead of writing it")
	flag.Parse()
	if err := run(flag.Arg(0), *expand, *check); err != nil {
		fmt.Fprintln(os.Stderr, "vectors:", err)
		os.Exit(1)
	}
}

func run(path string, expand, check bool) error {
	text, err := together("tests/vectors")
	if err != nil {
		return err
	}
	if expand {
		file, err := vectors.Parse(text)
		if err != nil {
			return err
		}
		return write(path, file.WriteExpanded)
	}
	if check {
		return compare(path, text)
	}
	return write(path, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// file is a file of vectors, unread.
type file struct {
	Format    int               `json:"format"`
	World     string            `json:"world,omitempty"`
	Functions json.RawMessage   `json:"functions,omitempty"`
	Sets      json.RawMessage   `json:"sets,omitempty"`
	Cases     []json.RawMessage `json:"cases"`
}

// together returns the files of a directory as one. Only one of them, shared.json, has
// more than cases.
func together(dir string) ([]byte, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var all file
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		cases := all.Cases
		all.Cases = nil
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		all.Cases = append(cases, all.Cases...)
	}
	return json.Marshal(all)
}

// write writes a compressed file; the same text makes the same bytes.
func write(path string, text func(io.Writer) error) error {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return err
	}
	if err := text(z); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d bytes\n", path, b.Len())
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}

// compare returns an error unless the compressed file has the text.
func compare(path string, text []byte) error {
	compressed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	z, err := gzip.NewReader(bytes.NewReader(compressed))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	committed, err := io.ReadAll(z)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if !bytes.Equal(committed, text) {
		return fmt.Errorf("%s: not the vectors of tests/vectors; run make vectors", path)
	}
	return nil
}
