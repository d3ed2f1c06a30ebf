package host

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

func (h *Host) seenPath(name string) string { return filepath.Join(h.dir, uploadsDir, seenPrefix+name) }

// readSeen reads it. Where it is damaged, nothing was seen: whoever could damage
// it could as well remove it, and the plugin is to serve.
func (h *Host) readSeen(ctx context.Context, name string) (s seen) {
	text, err := regular.Read(h.seenPath(name), maxSmallFile)
	if errors.Is(err, fs.ErrNotExist) {
		return seen{}
	}
	if err == nil {
		_, err = fmt.Sscanf(string(text), "version %d sha256 %s\n", &s.version, &s.hash)
	}
	if err == nil && !hexHash.MatchString(s.hash) {
		err = errDamaged
	}
	if err != nil {
		h.logger.ErrorContext(ctx, "the highest version that a plugin has had cannot be read; older ones are taken again", "plugin", name, "error", err)
		return seen{}
	}
	return s
}

// saw remembers a version that takes effect. That is past the point where an
// error could undo it, so what goes wrong is only logged; the manifests of the
// versions that are kept say the same.
func (h *Host) saw(ctx context.Context, name string, version uint64, hash string) {
	if h.dir == "" || version <= h.readSeen(ctx, name).version {
		return
	}
	path := h.seenPath(name)
	err := h.makeDir(filepath.Dir(path))
	if err == nil {
		err = atomicfile.WriteIn(h.system, path, fmt.Appendf(nil, "version %d sha256 %s\n", version, hash))
	}
	if err != nil {
		h.logger.WarnContext(ctx, "the highest version that a plugin has had could not be written down", "plugin", name, "error", err)
	}
}

// order keeps modules from coming back that are older than what was seen, but for
// those that the state keeps.
func (h *Host) order(ctx context.Context, name string) plugin.LoadOption {
	s := h.readSeen(ctx, name)
	known := []string{s.hash}
	if st, _, err := readState(filepath.Join(h.uploads(name), activeFile)); err == nil {
		known = append(known, st.kept...)
	}
	return plugin.WithNotOlder(s.version, known...)
}
