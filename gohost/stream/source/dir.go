package source

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// Dir returns a store that has a file for each partition in a directory, which it makes. It survives a
// loss of power, if the file system does. Processes on several machines can share a directory if all
// see a new hard link at once, as NFS has it. Where there are no hard links, Save returns an error.
func Dir(path string) Store { return dir(path) }

type dir string

// A state is in a file whose name ends with its revision. A save makes the next one as a hard link,
// which fails if another process has made it. The file with the largest revision counts. Others but
// the one before it are removed, by who has made a larger one: who comes late with a revision that was
// removed sees the larger one. The one before it stays, so that who lists the directory at that moment
// sees one of them.
type dirSession struct {
	dir      string
	name     string
	revision uint64
}

func (d dir) Open(_ context.Context, partition string) (Session, error) {
	if err := makeDir(string(d)); err != nil {
		return nil, err
	}
	s := &dirSession{dir: string(d), name: fileName(partition)}
	var err error
	s.revision, err = s.latest()
	return s, err
}

// fileName returns a name for a partition that every file system takes.
func fileName(partition string) string {
	var b strings.Builder
	for _, c := range []byte(partition) {
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	const most = 150
	if b.Len() > most {
		sum := sha256.Sum256([]byte(partition))
		return b.String()[:most] + "~" + hex.EncodeToString(sum[:16])
	}
	return b.String()
}

// revisionSize is the number of hexadecimal digits of a revision.
const revisionSize = 16

func (s *dirSession) path(revision uint64) string {
	return filepath.Join(s.dir, fmt.Sprintf("%s.%0*x", s.name, revisionSize, revision))
}

// each calls f with the files of the partition, and their revisions. Temporary ones have revision 0.
func (s *dirSession) each(f func(path string, revision uint64) error) error {
	entries, err := os.ReadDir(s.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		rest, ours := strings.CutPrefix(e.Name(), s.name+".")
		if !ours {
			continue
		}
		revision, err := strconv.ParseUint(rest, 16, 64)
		if err != nil || len(rest) != revisionSize {
			if revision = 0; !strings.HasSuffix(rest, ".tmp") {
				continue
			}
		}
		if err := f(filepath.Join(s.dir, e.Name()), revision); err != nil {
			return err
		}
	}
	return nil
}

func (s *dirSession) latest() (latest uint64, err error) {
	err = s.each(func(_ string, revision uint64) error {
		latest = max(latest, revision)
		return nil
	})
	return latest, err
}

func (s *dirSession) Load(ctx context.Context) ([]byte, error) {
	for {
		if s.revision == 0 {
			return nil, nil
		}
		data, err := os.ReadFile(s.path(s.revision))
		if !errors.Is(err, fs.ErrNotExist) {
			return data, err
		}
		// Another process has saved, and removed this one.
		latest, err := s.latest()
		if err == nil && latest <= s.revision {
			err = fmt.Errorf("%w: %s is gone", ErrCheckpoint, s.path(s.revision))
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, err
		}
		s.revision = latest
	}
}

func (s *dirSession) Save(_ context.Context, state []byte) error {
	next := s.revision + 1
	temporary := filepath.Join(s.dir, s.name+"."+rand.Text()+".tmp")
	if err := writeSynced(temporary, state); err != nil {
		return errors.Join(err, remove(temporary))
	}
	err := os.Link(temporary, s.path(next))
	if errors.Is(err, fs.ErrExist) && same(temporary, s.path(next)) {
		err = nil // a server made the link, its answer was lost, and the client asked again
	}
	if errors.Is(err, fs.ErrExist) || errors.Is(err, fs.ErrNotExist) {
		// The latter: another process has saved, and removed what was temporary.
		err = fmt.Errorf("%w: %s: revision %d exists", ErrFenced, filepath.Join(s.dir, s.name), next)
	}
	if err := errors.Join(err, remove(temporary)); err != nil {
		return err
	}
	latest, err := s.latest()
	if err != nil {
		return err
	}
	if latest > next {
		err := fmt.Errorf("%w: %s is at revision %d, expected %d", ErrFenced, filepath.Join(s.dir, s.name), latest, s.revision)
		return errors.Join(err, remove(s.path(next)))
	}
	if err := syncDir(s.dir); err != nil {
		return err
	}
	s.revision = next
	return s.each(func(path string, revision uint64) error {
		if revision+1 < next {
			return remove(path)
		}
		return nil
	})
}

func (s *dirSession) Close() error { return nil }

func writeSynced(path string, data []byte) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = file.Write(data)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// makeDir makes a directory and those above it. All survive a loss of power.
func makeDir(path string) error {
	var made []string
	for p := filepath.Clean(path); ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		made = append(made, p)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		return err
	}
	for _, p := range made {
		if err := syncDir(filepath.Dir(p)); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether two names are of one file.
func same(one, other string) bool {
	a, err := os.Stat(one)
	if err != nil {
		return false
	}
	b, err := os.Stat(other)
	return err == nil && os.SameFile(a, b)
}

// remove removes a file, if it is there.
func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// syncDir makes names in a directory survive a loss of power, where that can be asked for.
func syncDir(path string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		return err
	}
	err = dir.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(err, dir.Close())
}
