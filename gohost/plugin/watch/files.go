package watch

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/plugin"
)

const (
	moduleSuffix            = ".wasm"
	signatureSuffix         = ".wasm.sig"
	manifestSuffix          = ".manifest"
	manifestSignatureSuffix = ".manifest.sig"
	limitsSuffix            = ".json"

	maxSignatureFile = 4 << 10
	maxManifestFile  = 64 << 10
	maxLimitsFile    = 64 << 10
)

// files are what the files of one plugin looked like. A nil one was not there.
type files struct{ module, signature, manifest, manifestSignature, limits fs.FileInfo }

// stat looks at the files of a plugin, at the targets of links.
func stat(dir, name string) (f files, err error) {
	for _, file := range []struct {
		suffix string
		info   *fs.FileInfo
	}{
		{moduleSuffix, &f.module},
		{signatureSuffix, &f.signature},
		{manifestSuffix, &f.manifest},
		{manifestSignatureSuffix, &f.manifestSignature},
		{limitsSuffix, &f.limits},
	} {
		info, err := os.Stat(filepath.Join(dir, name+file.suffix))
		if err == nil {
			*file.info = info
		} else if !errors.Is(err, fs.ErrNotExist) {
			return files{}, err
		}
	}
	return f, nil
}

// sameAs reports whether nothing seems to have changed.
func (f files) sameAs(g files) bool {
	return sameFile(f.module, g.module) && sameFile(f.signature, g.signature) &&
		sameFile(f.manifest, g.manifest) && sameFile(f.manifestSignature, g.manifestSignature) && sameFile(f.limits, g.limits)
}

func sameFile(a, b fs.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())
}

// names are the plugins that have a module in the directory.
func names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
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

// nameOf is the plugin that a file belongs to, or empty.
func nameOf(path string) string {
	base := filepath.Base(path)
	for _, suffix := range []string{signatureSuffix, moduleSuffix, manifestSignatureSuffix, manifestSuffix, limitsSuffix} {
		if name, ok := strings.CutSuffix(base, suffix); ok {
			return name
		}
	}
	return ""
}

// loadOptions are those that the files beside the module ask for.
func (f files) loadOptions(dir, name string) (opts []plugin.LoadOption, err error) {
	if f.signature != nil {
		sig, err := read(filepath.Join(dir, name+signatureSuffix), maxSignatureFile)
		if err != nil {
			return nil, fmt.Errorf("signature: %w", err)
		}
		opts = append(opts, plugin.WithSignature(sig))
	}
	if f.manifest != nil || f.manifestSignature != nil {
		text, err := read(filepath.Join(dir, name+manifestSuffix), maxManifestFile)
		if err != nil {
			return nil, fmt.Errorf("manifest: %w", err)
		}
		sig, err := read(filepath.Join(dir, name+manifestSignatureSuffix), maxSignatureFile)
		if err != nil {
			return nil, fmt.Errorf("signature of the manifest: %w", err)
		}
		opts = append(opts, plugin.WithManifest(text, sig))
	}
	if f.limits != nil {
		text, err := read(filepath.Join(dir, name+limitsSuffix), maxLimitsFile)
		if err != nil {
			return nil, fmt.Errorf("limits: %w", err)
		}
		var limits plugin.Limits
		if err := json.Unmarshal(text, &limits); err != nil {
			return nil, fmt.Errorf("%w: %s%s: %w", gohost.ErrInvalidInput, name, limitsSuffix, err)
		}
		opts = append(opts, plugin.WithLimits(limits))
	}
	return opts, nil
}

// read reads a small file, and refuses a larger one.
func read(path string, limit int64) ([]byte, error) {
	data, err := regular.Read(path, limit)
	if errors.Is(err, regular.ErrKind) || errors.Is(err, regular.ErrSize) {
		return nil, fmt.Errorf("%w: %w", gohost.ErrInvalidInput, err)
	}
	return data, err
}
