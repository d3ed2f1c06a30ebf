// Package plugindir reads a directory of plugins: the names of their files, and the load
// options in them. Package plugin/watch documents the directory for users.
package plugindir

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

// Suffixes of a plugin's files, after its name; or of the files of a version that the
// service stores, after its hash.
const (
	Module            = ".wasm"
	Signature         = ".wasm.sig"
	Manifest          = ".manifest"
	ManifestSignature = ".manifest.sig"
	Settings          = ".json"
)

var suffixes = [...]string{Module, Signature, Manifest, ManifestSignature, Settings}

// Max sizes of the files, in bytes.
const (
	maxFile      = 64 << 10
	maxSignature = 4 << 10
)

// Names returns the plugins that have a module in the directory, in the order of their
// file names.
func Names(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), Module)
		if ok && !strings.HasPrefix(name, ".") {
			names = append(names, name)
		}
	}
	return names, nil
}

// NameOf returns the plugin that a file belongs to, or "".
func NameOf(path string) string {
	for _, suffix := range suffixes {
		if name, ok := strings.CutSuffix(filepath.Base(path), suffix); ok {
			return name
		}
	}
	return ""
}

// Files has the metadata of a plugin's files, or nil for a missing file.
type Files [len(suffixes)]fs.FileInfo

// Stat returns the metadata of a plugin's files, or of the targets of links.
func Stat(dir, name string) (files Files, err error) {
	for i, suffix := range suffixes {
		info, err := os.Stat(filepath.Join(dir, name+suffix))
		if err == nil {
			files[i] = info
		} else if !errors.Is(err, fs.ErrNotExist) {
			return Files{}, err
		}
	}
	return files, nil
}

// Same reports whether the files seem unchanged.
func (f Files) Same(before Files) bool {
	for i, a := range f {
		b := before[i]
		if (a == nil) != (b == nil) {
			return false
		}
		if a != nil && !(os.SameFile(a, b) && a.Size() == b.Size() && a.ModTime().Equal(b.ModTime())) {
			return false
		}
	}
	return true
}

// Signatures are the signatures and the manifest beside a module. A missing one is nil.
type Signatures struct{ Module, Manifest, ManifestSignature []byte }

// ReadSignatures reads the files beside the module base+Module. A manifest needs its
// signature, and the reverse.
func ReadSignatures(base string) (s Signatures, err error) {
	if s.Module, err = Read(base+Signature, maxSignature); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Signatures{}, fmt.Errorf("signature: %w", err)
	}
	s.Manifest, err = Read(base+Manifest, maxFile)
	var unsigned error
	s.ManifestSignature, unsigned = Read(base+ManifestSignature, maxSignature)
	switch {
	case errors.Is(err, fs.ErrNotExist) && errors.Is(unsigned, fs.ErrNotExist):
		return s, nil
	case err != nil:
		return Signatures{}, fmt.Errorf("%w: %w", plugin.ErrManifest, err)
	case unsigned != nil:
		return Signatures{}, fmt.Errorf("%w: its signature: %w", plugin.ErrManifest, unsigned)
	}
	return s, nil
}

// OptionsIn returns the options for loading the module as the plugin with the name, whose
// settings are in the directory.
func (s Signatures) OptionsIn(dir, name string) (options []plugin.LoadOption, err error) {
	if s.Module != nil {
		options = append(options, plugin.WithSignature(s.Module))
	}
	if s.Manifest != nil || s.ManifestSignature != nil {
		options = append(options, plugin.WithManifest(s.Manifest, s.ManifestSignature))
	}
	settings, err := ReadSettings(dir, name)
	if err != nil {
		return nil, err
	}
	if settings != nil {
		options = append(options, settings.Options()...)
	}
	return options, nil
}

// ReadSettings returns the settings of a plugin, or nil if there is no file.
func ReadSettings(dir, name string) (*plugin.Settings, error) {
	path := filepath.Join(dir, name+Settings)
	text, err := Read(path, maxFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("settings: %w", err)
	}
	settings := new(plugin.Settings)
	if err := json.Unmarshal(text, settings); err != nil {
		return nil, fmt.Errorf("%w: %s: %w", gohost.ErrInvalidInput, path, err)
	}
	return settings, nil
}

// Options returns the options in a plugin's files for loading the module base+Module,
// which may be another module than the one in the directory.
func Options(dir, name, base string) ([]plugin.LoadOption, error) {
	signatures, err := ReadSignatures(base)
	if err != nil {
		return nil, err
	}
	return signatures.OptionsIn(dir, name)
}

// Read returns the contents of a regular file of at most limit bytes. The result is nil
// only with an error.
func Read(path string, limit int64) ([]byte, error) {
	data, err := regular.Read(path, limit)
	switch {
	case errors.Is(err, regular.ErrKind), errors.Is(err, regular.ErrSize):
		return nil, fmt.Errorf("%w: %w", gohost.ErrInvalidInput, err)
	case err != nil:
		return nil, err
	}
	return append([]byte{}, data...), nil
}
