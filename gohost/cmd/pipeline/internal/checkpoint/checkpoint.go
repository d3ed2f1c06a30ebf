// Package checkpoint keeps in a file how far a run has come: what it computed, and the position in its
// input that belongs to it.
package checkpoint

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/atomicfile"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
)

// A file is a line with the version, a SHA-256 of what follows it (32 bytes), and JSON.
const (
	prefix  = "compute-pipeline checkpoint "
	version = "1"
)

// ErrInvalid is the error of a file that is no checkpoint, or one that is damaged or of another
// version.
var ErrInvalid = errors.New("the checkpoint cannot be used")

// A Checkpoint is how far a run has come.
type Checkpoint struct {
	Place    sources.Place `json:"place"`
	Format   input.Format  `json:"format"` // empty before the first point
	Snapshot []byte        `json:"snapshot"`
	// Counts are of the records before the place.
	Counts input.Counts `json:"counts,omitzero"`
	// Appended are the ends of the files that the run adds to, by their names.
	Appended map[string]sources.Place `json:"appended,omitempty"`
}

// Write replaces the file whole or not at all, also if the disk is full.
func Write(system atomicfile.System, name string, c Checkpoint) error {
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(body)
	return atomicfile.WriteTo(system, name, bytes.Join([][]byte{[]byte(prefix + version + "\n"), sum[:], body}, nil))
}

// Read returns what Write wrote, and false if there is no file. It removes what is left of writes that
// were killed.
func Read(name string) (c Checkpoint, found bool, err error) {
	if err := removeTemporary(name); err != nil {
		return c, false, err
	}
	data, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return c, false, nil
	}
	if err != nil {
		return c, false, err
	}
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	if !bytes.HasPrefix(line, []byte(prefix)) {
		return c, false, fmt.Errorf("%w: %s is not a checkpoint", ErrInvalid, name)
	}
	if got := string(line[len(prefix):]); got != version {
		return c, false, fmt.Errorf("%w: %s is of version %.20q, expected %q", ErrInvalid, name, got, version)
	}
	if len(rest) < sha256.Size || sha256.Sum256(rest[sha256.Size:]) != [sha256.Size]byte(rest[:sha256.Size]) {
		return c, false, fmt.Errorf("%w: %s is damaged: its checksum is wrong", ErrInvalid, name)
	}
	if err := json.Unmarshal(rest[sha256.Size:], &c); err != nil {
		return c, false, fmt.Errorf("%w: %s: %w", ErrInvalid, name, err)
	}
	for _, at := range append(slices.Collect(maps.Values(c.Appended)), c.Place) {
		if at.Offset < 0 || at.Line < 0 || at.Column < 0 {
			return c, false, fmt.Errorf("%w: %s has a negative position", ErrInvalid, name)
		}
	}
	return c, true, nil
}

// removeTemporary removes what atomicfile leaves if the process is killed.
func removeTemporary(name string) error {
	dir, base := filepath.Split(name)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return err
	}
	const random = 26 // letters of rand.Text
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), "."+base+".")
		if ours && strings.HasSuffix(rest, ".tmp") && len(rest) == random+len(".tmp") {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil && !errors.Is(err, os.ErrNotExist) {
				return err
			}
		}
	}
	return nil
}
