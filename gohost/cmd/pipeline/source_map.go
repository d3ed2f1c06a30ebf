package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost/internal/sections"
	"example.org/compute-pipeline/gohost/symbols"
)

// writeSourceMap writes a copy of the module that names its source map, and the map beside it.
func (t *tracing) writeSourceMap() error {
	c := t.command
	if !sections.IsCore(t.module) || len(t.targets) != 1 {
		return fmt.Errorf("%s: only a core module with code has a source map", c.Module)
	}
	prefix, dir, ok := strings.Cut(c.Source, "=")
	if c.Source != "" && (!ok || prefix == "" || dir == "") {
		return badUse("--source is not PREFIX=DIR")
	}
	prefix = strings.TrimSuffix(prefix, "/") + "/"
	root, err := os.OpenRoot(dir)
	if c.Source == "" {
		root, err = nil, nil
	}
	if err != nil {
		return usageError{plainPathError(err)}
	}
	if root != nil {
		defer root.Close()
	}
	sourceMap, err := symbols.SourceMap(t.targets[0], func(path string) symbols.SourceFile {
		relative, own := strings.CutPrefix(path, prefix)
		if root == nil || !own {
			return symbols.SourceFile{Name: path}
		}
		data, err := root.ReadFile(filepath.FromSlash(relative))
		if err != nil {
			return symbols.SourceFile{Name: path} // it was not found: the place is shown without its text
		}
		content := string(data)
		return symbols.SourceFile{Name: relative, Content: &content}
	})
	if err != nil {
		return err
	}
	name := filepath.Base(c.SourceMap) + ".map"
	url := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	if err := os.WriteFile(c.SourceMap+".map", sourceMap, 0o644); err != nil {
		return plainPathError(err)
	}
	module := sections.AppendCustom(t.module, "sourceMappingURL", url)
	return plainPathError(os.WriteFile(c.SourceMap, module, 0o644))
}
