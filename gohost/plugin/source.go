package plugin

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/regular"
)

// Source is where the bytes of a module come from.
type Source struct {
	name     string
	read     func(limit int) ([]byte, error)
	embedded bool
}

// String returns where the module comes from, for logs: a path, "bytes" or
// "embedded".
func (s Source) String() string { return s.name }

// Bytes returns the source of a module in memory. The bytes must not change during
// the load.
func Bytes(wasm []byte) Source {
	return Source{name: "bytes", read: func(limit int) ([]byte, error) {
		if len(wasm) > limit {
			return nil, tooLarge("bytes", limit)
		}
		return wasm, nil
	}}
}

// File returns the source of a module in a file.
func File(path string) Source {
	return Source{name: path, read: func(limit int) ([]byte, error) {
		f, err := regular.Open(path)
		if errors.Is(err, regular.ErrKind) {
			return nil, fmt.Errorf("%w: %w", gohost.ErrInvalidInput, err)
		}
		return readBounded(path, limit, f, err)
	}}
}

// FS returns the source of a module in a file of fsys.
func FS(fsys fs.FS, path string) Source {
	return Source{name: path, read: func(limit int) ([]byte, error) {
		f, err := fsys.Open(path)
		return readBounded(path, limit, f, err)
	}}
}

// Embedded returns the source of the engine embedded in package gohost. It is part
// of the program, so it needs no signature.
func Embedded() Source { return Source{name: "embedded", embedded: true} }

// readBounded reads an open file, at most one byte beyond the limit.
func readBounded(path string, limit int, f fs.File, err error) (_ []byte, e error) {
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	defer func() {
		if err := f.Close(); err != nil && e == nil {
			e = fmt.Errorf("read the module %s: %w", path, err)
		}
	}()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("read the module: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, notRegular(path, info)
	}
	if info.Size() > int64(limit) {
		return nil, tooLarge(path, limit)
	}
	wasm, err := io.ReadAll(io.LimitReader(f, int64(limit)+1))
	if err != nil {
		return nil, fmt.Errorf("read the module %s: %w", path, err)
	}
	if len(wasm) > limit {
		return nil, tooLarge(path, limit)
	}
	return wasm, nil
}

func notRegular(path string, info fs.FileInfo) error {
	return fmt.Errorf("%w: %s is %v, not a regular file", gohost.ErrInvalidInput, path, info.Mode().Type())
}

func tooLarge(path string, limit int) error {
	return &gohost.LimitError{
		Which: gohost.LimitModuleSize, Max: uint64(limit),
		Err: fmt.Errorf("the module (%s) is larger than the %d bytes that MaxModuleBytes allows", path, limit),
	}
}
