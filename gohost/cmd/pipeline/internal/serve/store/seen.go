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

// seen is the file .uploads/.seen-NAME: the highest version in a manifest that the plugin
// has had, and that module's hash. It stays when the plugin is unloaded.
type seen struct {
	version uint64
	hash    string
}

func (s *Store[B]) seenPath(name string) string {
	return filepath.Join(s.dir, uploadsDir, seenPrefix+name)
}

// readSeen reads the file. A damaged file counts as missing: who can damage it can also
// remove it, and the plugin should serve.
func (s *Store[B]) readSeen(ctx context.Context, name string) (last seen) {
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
		s.logger.ErrorContext(ctx, "the highest version that a plugin has had cannot be read; older ones are accepted", "plugin", name, "error", err)
		return seen{}
	}
	return last
}

// saw stores a version that takes effect. An error can no longer undo the change, so it is
// only logged; the manifests of kept versions have the same information.
func (s *Store[B]) saw(ctx context.Context, name string, version uint64, hash string) {
	if s.dir == "" || version <= s.readSeen(ctx, name).version {
		return
	}
	path := s.seenPath(name)
	err := s.makeDir(filepath.Dir(path))
	if err == nil {
		err = atomicfile.WriteIn(s.system, path, fmt.Appendf(nil, "version %d sha256 %s\n", version, hash))
	}
	if err != nil {
		s.logger.WarnContext(ctx, "the highest version that a plugin has had could not be stored", "plugin", name, "error", err)
	}
}

// order returns the option that rejects modules older than the highest version, except
// those that the state keeps.
func (s *Store[B]) order(ctx context.Context, name string) plugin.LoadOption {
	last := s.readSeen(ctx, name)
	known := []string{last.hash}
	if st, _, err := readState(filepath.Join(s.uploads(name), activeFile)); err == nil {
		known = append(known, st.kept...)
	}
	return plugin.WithNotOlder(last.version, known...)
}
