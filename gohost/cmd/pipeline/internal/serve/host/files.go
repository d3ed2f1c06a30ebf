package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

const (
	moduleSuffix    = ".wasm"
	signatureSuffix = ".sig"
	limitsSuffix    = ".json"
)

// maxSmallFile bounds the files that hold a signature, limits or hashes.
const maxSmallFile = 64 << 10

// watch loads what was put into the directory by hand, and again what changes
// there.
func (h *Host) watch(ctx context.Context) (err error) {
	h.watcher, err = watch.Start(ctx, h.Registry, h.dir,
		watch.WithOnError(func(name string, err error) {
			h.logger.Error("the plugins directory: what was there goes on serving", "plugin", name, "error", err)
		}),
		watch.WithLoadOptions(func(name string) []plugin.LoadOption {
			if name != Engine {
				return nil
			}
			return []plugin.LoadOption{plugin.SHA256(strings.Repeat("0", 64))} // no module has that
		}))
	return err
}

// loadFiles loads what was put into the directory by hand.
func (h *Host) loadFiles(ctx context.Context) error {
	paths, err := filepath.Glob(filepath.Join(escaped(h.dir), "*"+moduleSuffix))
	if err != nil {
		return fmt.Errorf("the plugins directory: %w", err)
	}
	for _, path := range paths {
		name := strings.TrimSuffix(filepath.Base(path), moduleSuffix)
		if err := h.loadFile(ctx, name, path); err != nil {
			h.logger.ErrorContext(ctx, "a plugin was left out", "plugin", name, "file", path, "error", err)
		}
	}
	return nil
}

// escaped keeps Glob from taking a directory's name for a pattern.
func escaped(dir string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(dir)
}

func (h *Host) loadFile(ctx context.Context, name, path string, more ...plugin.LoadOption) error {
	if name == Engine {
		return errors.New("the name is that of the embedded engine")
	}
	signature, err := readSmall(path + signatureSuffix)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	options, err := h.options(name, signature)
	if err != nil {
		return err
	}
	_, err = h.Load(ctx, name, plugin.File(path), append(options, more...)...)
	return err
}

// options are those of every load of the plugin.
func (h *Host) options(name string, signature []byte) ([]plugin.LoadOption, error) {
	var options []plugin.LoadOption
	if signature != nil {
		options = append(options, plugin.Signature(signature))
	}
	path := filepath.Join(h.dir, name+limitsSuffix)
	text, err := readSmall(path)
	if errors.Is(err, fs.ErrNotExist) {
		return options, nil
	}
	if err != nil {
		return nil, err
	}
	var limits plugin.Limits
	if err := json.Unmarshal(text, &limits); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return append(options, plugin.WithLimits(limits)), nil
}

// readSmall reads a regular file of a few bytes.
func readSmall(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxSmallFile {
		return nil, fmt.Errorf("%s: expected a regular file of at most %d bytes", path, maxSmallFile)
	}
	return os.ReadFile(path)
}
