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
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/plugin"
	"example.org/compute-pipeline/gohost/plugin/watch"
)

const (
	moduleSuffix            = ".wasm"
	signatureSuffix         = ".wasm.sig"
	manifestSuffix          = ".manifest"
	manifestSignatureSuffix = ".manifest.sig"
	limitsSuffix            = ".json"
)

// maxSmallFile bounds the files that hold a signature, a manifest, limits or
// hashes.
const maxSmallFile = 64 << 10

// watch loads what was put into the directory by hand, and again what changes
// there.
func (h *Host) watch(ctx context.Context) (err error) {
	h.watcher, err = watch.Start(ctx, h.Registry, h.dir,
		watch.WithOnError(func(name string, err error) {
			h.logger.Error("the plugins directory: what was there goes on serving", "plugin", name, "error", err)
			if name != "" {
				h.handFailed(context.WithoutCancel(ctx), name, err)
			}
		}),
		watch.WithLoadOptions(func(name string) []plugin.LoadOption { return h.handOptions(context.WithoutCancel(ctx), name) }))
	return err
}

// handNames are the plugins of which a module was put into the directory by hand.
func (h *Host) handNames() ([]string, error) {
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return nil, fmt.Errorf("the plugins directory: %w", err)
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), moduleSuffix)
		if ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, nil
}

func (h *Host) handPath(name string) string { return filepath.Join(h.dir, name+moduleSuffix) }

// loadByHand loads what was put into the directory for a plugin by hand.
func (h *Host) loadByHand(ctx context.Context, name string, more ...plugin.LoadOption) error {
	path := h.handPath(name)
	err := h.loadFile(ctx, name, path, append(h.handOptions(ctx, name), more...)...)
	if err != nil {
		h.logger.ErrorContext(ctx, "a plugin was left out", "plugin", name, "file", path, "error", err)
		h.handFailed(ctx, name, err)
	}
	return err
}

func (h *Host) handFailed(ctx context.Context, name string, err error) {
	if plugin.CheckName(name) == nil {
		h.failed(name, h.handPath(name), h.byHand(ctx, name), err)
	}
}

// handOptions are those of each load of a module that was put there by hand.
func (h *Host) handOptions(ctx context.Context, name string) []plugin.LoadOption {
	if name == Engine {
		return []plugin.LoadOption{plugin.WithSHA256(strings.Repeat("0", 64))} // no module has that
	}
	if plugin.CheckName(name) != nil {
		return nil // which the load says
	}
	options := []plugin.LoadOption{h.order(ctx, name)}
	if s, known, err := readState(filepath.Join(h.uploads(name), activeFile)); err == nil && known && s.active != "" && s.active != s.byHand {
		if s.byHand == h.byHand(ctx, name) {
			// It was there already when another version was activated.
			options = append(options, plugin.WithStandby())
		}
	}
	return options
}

// loadFile loads a module with the files beside it.
func (h *Host) loadFile(ctx context.Context, name, path string, more ...plugin.LoadOption) error {
	if name == Engine {
		return errors.New("the name is that of the embedded engine")
	}
	base := strings.TrimSuffix(path, moduleSuffix)
	var beside [3][]byte
	for i, suffix := range []string{signatureSuffix, manifestSuffix, manifestSignatureSuffix} {
		data, err := readSmall(base + suffix)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		beside[i] = data
	}
	options, err := h.options(name, beside[0], beside[1], beside[2])
	if err != nil {
		return err
	}
	_, err = h.Load(ctx, name, plugin.File(path), append(options, more...)...)
	return err
}

// options are those of every load of the plugin.
func (h *Host) options(name string, signature, manifest, manifestSignature []byte) ([]plugin.LoadOption, error) {
	var options []plugin.LoadOption
	if signature != nil {
		options = append(options, plugin.WithSignature(signature))
	}
	if manifest != nil || manifestSignature != nil {
		options = append(options, plugin.WithManifest(manifest, manifestSignature))
	}
	limits, err := h.limits(name)
	if errors.Is(err, fs.ErrNotExist) {
		return options, nil
	}
	if err != nil {
		return nil, err
	}
	return append(options, plugin.WithLimits(limits)), nil
}

// limits are those that the directory has for the plugin.
func (h *Host) limits(name string) (limits plugin.Limits, err error) {
	path := filepath.Join(h.dir, name+limitsSuffix)
	text, err := readSmall(path)
	if err != nil {
		return limits, err
	}
	if err := json.Unmarshal(text, &limits); err != nil {
		return limits, fmt.Errorf("%s: %w", path, err)
	}
	return limits, nil
}

// readSmall reads a regular file of a few bytes.
func readSmall(path string) ([]byte, error) {
	data, err := regular.Read(path, maxSmallFile)
	if errors.Is(err, regular.ErrKind) || errors.Is(err, regular.ErrSize) {
		return nil, fmt.Errorf("%w: %w", gohost.ErrInvalidInput, err)
	}
	if err == nil && data == nil {
		data = []byte{} // there is a file
	}
	return data, err
}

const maxReason = 1 << 10

// failed remembers why a file of the directory was not loaded.
func (h *Host) failed(name, file, hash string, err error) {
	reason := err.Error()
	if len(reason) > maxReason {
		reason = strings.ToValidUTF8(reason[:maxReason], "") + "…"
	}
	h.failures.add(name, Failure{SHA256: hash, File: file, Reason: reason, At: time.Now()})
}

// onLoad forgets what was wrong with a file that was loaded.
func (h *Host) onLoad(e plugin.LoadEvent) {
	if e.Err == nil {
		h.failures.loaded(e.Plugin, e.Source)
	}
}
