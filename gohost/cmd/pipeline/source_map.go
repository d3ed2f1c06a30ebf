package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/internal/sections"
	"example.org/compute-pipeline/gohost/symbols"
)

// writeSourceMap writes a copy of the module with its source map in it.
func (t *tracing) writeSourceMap(ctx context.Context, warnings io.Writer) error {
	c := t.command
	if !sections.IsCore(t.module) || len(t.targets) != 1 {
		return fmt.Errorf("%s: only a core module with code has a source map", c.Module)
	}
	if before, err := os.Stat(c.Module); err == nil {
		if after, err := os.Stat(c.SourceMap); err == nil && os.SameFile(before, after) {
			return badUse("--source-map %s is the module itself", c.SourceMap)
		}
	}
	sources, err := openSources(c.Source)
	if err != nil {
		return err
	}
	defer sources.close()
	sourceMap, err := symbols.SourceMap(ctx, t.targets[0], sources.text)
	if err != nil {
		return err
	}
	module, err := symbols.WithSourceMap(t.module, sourceMap)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Module, err)
	}
	if err := sources.verdict(warnings); err != nil {
		return err
	}
	return plainPathError(os.WriteFile(c.SourceMap, module, 0o644))
}

// Bounds of what is embedded: debug information can name any file in the directory.
const (
	maxSource  = 16 << 20
	maxSources = 256 << 20
)

// embedded are the files that a source map has.
type embedded struct {
	prefix string   // of their paths
	root   *os.Root // nil if none are wanted

	size    int   // in bytes
	files   int   // with the prefix
	missing int   // of these
	reason  error // of the first of them
}

// openSources reads PREFIX=DIR.
func openSources(flag string) (*embedded, error) {
	if flag == "" {
		return &embedded{}, nil
	}
	prefix, dir, ok := strings.Cut(flag, "=")
	if !ok || prefix == "" || dir == "" {
		return nil, badUse("--source %s is not PREFIX=DIR", flag)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, usageError{plainPathError(err)}
	}
	return &embedded{prefix: strings.TrimSuffix(prefix, "/") + "/", root: root}, nil
}

func (e *embedded) close() {
	if e.root != nil {
		_ = e.root.Close() // only read
	}
}

// text returns the text of a file, if it is one of those that are wanted.
func (e *embedded) text(path string) *string {
	relative, ok := strings.CutPrefix(path, e.prefix)
	if e.root == nil || !ok {
		return nil
	}
	e.files++
	text, err := e.read(filepath.FromSlash(relative))
	if err != nil {
		if e.missing++; e.reason == nil {
			e.reason = fmt.Errorf("%s: %w", path, err)
		}
		return nil
	}
	e.size += len(text)
	return &text
}

func (e *embedded) read(name string) (string, error) {
	info, err := e.root.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fs.ErrNotExist
	case err != nil:
		return "", err
	case !info.Mode().IsRegular():
		return "", regular.ErrKind
	case info.Size() > maxSource || e.size+int(info.Size()) > maxSources:
		return "", regular.ErrSize
	}
	data, err := e.root.ReadFile(name)
	return string(data), err
}

// verdict warns of files that could not be embedded. It is an error if there was none to embed.
func (e *embedded) verdict(warnings io.Writer) error {
	switch {
	case e.root != nil && e.files == 0:
		return fmt.Errorf("no path in the debug information begins with %s", e.prefix)
	case e.missing > 0:
		fmt.Fprintf(warnings, "pipeline: %d of %d files are not embedded: %v\n", e.missing, e.files, e.reason)
	}
	return nil
}
