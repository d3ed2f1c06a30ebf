// Package scaffold makes the files that a plugin begins with.
package scaffold

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"example.org/compute-pipeline/examples/plugins"
	guest "example.org/compute-pipeline/guest/plugin"
	"example.org/compute-pipeline/wit"
)

// Languages are the languages that there are plugins in.
var Languages = []string{"assemblyscript", "c", "go", "js", "python", "rust", "typescript"}

// others are files of the example that a language does without.
var others = map[string][]string{"js": {"plugin.ts", "tsconfig.json"}, "typescript": {"plugin.js"}}

// File is a file of a plugin. Its path is relative, with slashes.
type File struct {
	Path       string
	Data       []byte
	Executable bool
}

// Plugin returns a plugin of the engine's contract: the one of examples/plugins, with the
// contract beside it.
func Plugin(language string) ([]File, error) {
	directory := language
	if language == "typescript" {
		directory = "js"
	}
	files, err := tree(nil, plugins.Files, directory, "")
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(f File) bool { return slices.Contains(others[language], f.Path) })
	// The contract is in the plugin's own directory.
	for i := range files {
		files[i].Data = bytes.ReplaceAll(files[i].Data, []byte("../../../wit"), []byte("wit"))
	}
	if files, err = tree(files, wit.Files, ".", "wit"); err != nil {
		return nil, err
	}
	switch language {
	case "go":
		files = append(files, File{Path: "go.mod", Data: []byte("module example.com/plugin\n\ngo 1.24\n")})
	case "rust":
		return withGuestCrate(files)
	}
	return files, nil
}

// withGuestCrate adds the crate for plugins in Rust, since it is in no registry yet.
func withGuestCrate(files []File) ([]File, error) {
	for i := range files {
		files[i].Data = bytes.ReplaceAll(files[i].Data, []byte("../../../guest/plugin"), []byte("compute-pipeline-guest"))
	}
	files = append(files, File{Path: "compute-pipeline-guest/Cargo.toml", Data: []byte(guestManifest)})
	return tree(files, guest.Files, "src", "compute-pipeline-guest/src")
}

// guestManifest is what guest/plugin/Cargo.toml says, without the workspace that it is in.
const guestManifest = `[package]
name = "compute-pipeline-guest"
version = "0.1.0"
edition = "2024"
license = "Apache-2.0"
publish = false

[features]
default = ["std"]
std = []
`

// tree appends the files below a directory of a file system, as files below another.
func tree(files []File, system fs.FS, from, to string) ([]File, error) {
	err := fs.WalkDir(system, from, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := fs.ReadFile(system, name)
		if err != nil {
			return err
		}
		relative := name
		if from != "." {
			relative = strings.TrimPrefix(name, from+"/")
		}
		files = append(files, File{Path: path.Join(to, relative), Data: data, Executable: path.Ext(name) == ".sh"})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is embedded: %w", err)
	}
	return files, nil
}
