package main

import (
	"context"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
)

// written is a file that a command writes, because of an option.
type written struct{ option, name string }

// checkWritten rejects files that would replace an input, or each other. Those without a name are not written.
func checkWritten(files []written, isInput func(fs.FileInfo) bool) error {
	for i, file := range files {
		if file.name == "" {
			continue
		}
		if info, err := os.Stat(file.name); err == nil && info.Mode().IsRegular() && isInput(info) {
			return badUse("%s: %s is an input, which it would change", file.option, file.name)
		}
		for _, other := range files[:i] {
			if other.name != "" && isOneFile(other.name, file.name) {
				return badUse("%s and %s name one file, %s", other.option, file.option, file.name)
			}
		}
	}
	return nil
}

// isOneFile reports whether two names are those of one file, which need not exist.
func isOneFile(a, b string) bool {
	if first, err := os.Stat(a); err == nil && first.Mode().IsRegular() {
		second, err := os.Stat(b)
		return err == nil && os.SameFile(first, second)
	}
	return placeOf(a) == placeOf(b)
}

// placeOf returns the path of a file that need not exist, without links to directories.
func placeOf(name string) string {
	dir, base := filepath.Split(filepath.Clean(name))
	if path, err := filepath.EvalSymlinks(filepath.Clean(dir)); err == nil {
		dir = path
	}
	if path, err := filepath.Abs(dir); err == nil {
		dir = path
	}
	return filepath.Join(dir, base)
}

// isAnyFile reports whether info is of a file that is named, or of standard input if that is, as "-".
func isAnyFile(names []string, stdin io.Reader, info fs.FileInfo) bool {
	return slices.ContainsFunc(names, func(name string) bool {
		in, err := os.Stat(name)
		if opened, ok := stdin.(*os.File); ok && name == "-" {
			in, err = opened.Stat()
		}
		return err == nil && os.SameFile(in, info)
	})
}

// checkWritten rejects files that would replace an input of the run, or each other.
func (c *runCommand) checkWritten(set *sources.Set, stdin io.Reader) error {
	names := set.Names()
	if file, ok := strings.CutPrefix(c.From, "sqlite:"); ok {
		names = []string{file}
	}
	files := []written{{"--output-file", c.OutputFile}, {"--plot", c.Plot}, {"--bad quarantine", c.Bad.file}}
	return checkWritten(files, func(info fs.FileInfo) bool { return isAnyFile(names, stdin, info) })
}

// interruptible is content that is written until a context ends.
type interruptible struct {
	ctx     context.Context
	content io.WriterTo
}

func (c interruptible) WriteTo(w io.Writer) (int64, error) {
	return c.content.WriteTo(interruptibleWriter{c.ctx, w})
}

type interruptibleWriter struct {
	ctx context.Context
	out io.Writer
}

func (w interruptibleWriter) Write(p []byte) (int, error) {
	if w.ctx.Err() != nil {
		return 0, context.Cause(w.ctx)
	}
	return w.out.Write(p)
}

// writeUntil writes content until the context ends. A write that waits for a reader then is left alone, since nothing can
// end it; the process ends.
func writeUntil(ctx context.Context, out io.Writer, content io.WriterTo) error {
	written := make(chan error, 1)
	go func() {
		_, err := interruptible{ctx, content}.WriteTo(out)
		written <- err
	}()
	select {
	case err := <-written:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
