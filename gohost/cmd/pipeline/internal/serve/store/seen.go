package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/internal/regular"
	"example.org/compute-pipeline/gohost/plugin"
)

const seenPrefix = ".seen-"

// seen is the file .uploads/.seen-NAME: the highest version of which the plugin
// has had a manifest, and that module's hash. It outlives the plugin's removal.
type seen struct {
	version uint64
	hash    string
}

func (s *Store) seenPath(name string) string {
	return filepath.Join(s.dir, uploadsDir, seenPrefix+name)
}

// readSeen reads it. Where it is damaged, nothing was seen: whoever could damage
// it could as well remove it, and the plugin is to serve.
func (s *Store) readSeen(ctx context.Context, name string) (last seen) {
	text, err := regular.Read(s.seenPath(name), maxStateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return seen{}
	}
	if err == nil {
		_, err = fmt.Sscanf(string(text), "version %d sha256 %s\n", &last.version, &last.hash)
	}
	if err == nil && !hexHash.MatchString(last.hash) {
		err = errDamaged
	}
	if err != nil {
		s.logger.ErrorContext(ctx, "the highest version that a plugin has had cannot be read; older ones are taken again", "plugin", name, "error", err)
		return seen{}
	}
	return last
}

// saw remembers a version that takes effect. That is past the point where an
// error could undo it, so what goes wrong is only logged; the manifests of the
// versions that are kept say the same.
func (s *Store) saw(ctx context.Context, name string, version uint64, hash string) {
	if s.dir == "" || version <= s.readSeen(ctx, name).version {
		return
	}
	path := s.seenPath(name)
	err := s.makeDir(filepath.Dir(path))
	if err == nil {
		err = atomicfile.WriteIn(s.system, path, fmt.Appendf(nil, "version %d sha256 %s\n", version, hash))
	}
	if err != nil {
		s.logger.WarnContext(ctx, "the highest version that a plugin has had could not be written down", "plugin", name, "error", err)
	}
}

// order keeps modules from coming back that are older than what was seen, but for
// those that the state keeps.
func (s *Store) order(ctx context.Context, name string) plugin.LoadOption {
	last := s.readSeen(ctx, name)
	known := []string{last.hash}
	if st, _, err := readState(filepath.Join(s.uploads(name), activeFile)); err == nil {
		known = append(known, st.kept...)
	}
	return plugin.WithNotOlder(last.version, known...)
}
