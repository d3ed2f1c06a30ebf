package store

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"example.org/compute-pipeline/gohost/internal/regular"
)

// state is the file active of a plugin: its state after a restart. The file is written
// before a change takes effect, and decides: other files in the directory do not count.
//
//	pipeline-plugin 2
//	active HASH
//	before HASH
//	by-hand HASH
//	kept HASH HASH ...
//	sha256 HASH
//
// Each HASH except the last may be missing. The last line is the SHA-256 of the lines
// before it.
type state struct {
	active string   // the active version
	before string   // the version that a rollback activates
	byHand string   // the module NAME.wasm at the time of writing
	kept   []string // all versions, newest first
	// old is true for the previous format, three lines with the first three hashes.
	// Then all stored versions are kept.
	old bool
}

// errDamaged is the error of a file whose content is not valid.
var errDamaged = errors.New("the file is damaged")

const (
	stateHeader  = "pipeline-plugin 2"
	checksumLine = "sha256 "
)

var hexHash = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (s state) String() string {
	lines := []string{
		stateHeader, "active " + s.active, "before " + s.before, "by-hand " + s.byHand,
		"kept " + strings.Join(s.kept, " "), "",
	}
	text := strings.Join(lines, "\n")
	return text + checksumLine + checksum(text) + "\n"
}

func checksum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// parseState parses the text of String, or the previous format.
func parseState(text string) (state, error) {
	lines := strings.Split(text, "\n")
	if lines[0] != stateHeader {
		if len(lines) != 4 || lines[3] != "" {
			return state{}, fmt.Errorf("%w: it does not begin with %q", errDamaged, stateHeader)
		}
		s := state{active: lines[0], before: lines[1], byHand: lines[2], old: true}
		return s, s.check()
	}
	body, sum, found := strings.Cut(text, "\n"+checksumLine)
	if !found || sum != checksum(body+"\n")+"\n" {
		return state{}, fmt.Errorf("%w: its SHA-256 is not the one in its last line", errDamaged)
	}
	var s state
	fields := []struct {
		name  string
		value *string
	}{{"active ", &s.active}, {"before ", &s.before}, {"by-hand ", &s.byHand}}
	kept := ""
	lines = strings.Split(body, "\n")[1:]
	if len(lines) == len(fields)+1 {
		for i, f := range fields {
			*f.value, found = strings.CutPrefix(lines[i], f.name)
			if !found {
				return state{}, fmt.Errorf("%w: expected %q in line %d", errDamaged, f.name, i+2)
			}
		}
		kept, found = strings.CutPrefix(lines[len(fields)], "kept ")
	}
	if len(lines) != len(fields)+1 || !found {
		return state{}, fmt.Errorf("%w: unexpected lines", errDamaged)
	}
	s.kept = strings.Fields(kept)
	return s, s.check()
}

func (s state) check() error {
	for _, hash := range append([]string{s.active, s.before, s.byHand}, s.kept...) {
		if hash != "" && !hexHash.MatchString(hash) {
			return fmt.Errorf("%w: %q is not a SHA-256", errDamaged, hash)
		}
	}
	return nil
}

// keeps reports whether a version is kept after a restart.
func (s state) keeps(hash string) bool { return s.old || slices.Contains(s.kept, hash) }

// readState reads the file. If there is none, known is false.
func readState(path string) (s state, known bool, err error) {
	text, err := regular.Read(path, maxStateFile)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return state{}, false, nil
	case errors.Is(err, regular.ErrKind), errors.Is(err, regular.ErrSize):
		return state{}, true, fmt.Errorf("%w: %w", errDamaged, err)
	case err != nil:
		return state{}, true, err
	}
	s, err = parseState(string(text))
	return s, true, err
}
