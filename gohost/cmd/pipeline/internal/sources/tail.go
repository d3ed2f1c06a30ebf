package sources

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost/input"
)

// Dial connects to tcp:HOST:PORT or unix:PATH, and reads what the other side sends until it
// closes the connection. It reports false for another name.
func Dial(ctx context.Context, name string) (*Source, bool, error) {
	network, address, ok := strings.Cut(name, ":")
	if !ok || network != "tcp" && network != "unix" {
		return nil, false, nil
	}
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, true, err
	}
	return newSource(ctx, &countingReader{src: conn}, conn.Close, input.NoCompression, false), true, nil
}

// A Tail is a file that grows. When another file takes its name, or it is cut off, reads return io.EOF
// at its end, and the next Tail of the name is what follows.
type Tail struct {
	*Source
	file *os.File
}

// OpenTail opens a file at an offset. What is written to it later is read as well, until another file has
// the given name, which may be that of this one.
func OpenTail(ctx context.Context, file, name string, offset int64) (*Tail, error) {
	return openTail(ctx, file, name, offset, poll)
}

func openTail(ctx context.Context, path, name string, offset int64, poll time.Duration) (*Tail, error) {
	file, info, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	t := &tailReader{ctx: ctx, file: file, name: name, info: info, at: offset, poll: poll}
	return &Tail{
		Source: newSource(ctx, &countingReader{src: t}, func() error { cancel(); return file.Close() }, input.NoCompression, false),
		file:   file,
	}, nil
}

// openRegular opens a file, and refuses a pipe before it waits for that to have a writer.
func openRegular(path string) (*os.File, os.FileInfo, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() && !info.IsDir() { // a directory has an error of its own
		err = fmt.Errorf("%s is not a regular file; give its bytes on standard input", path)
	}
	if err != nil {
		return nil, nil, err
	}
	return notDirectory(os.Open(path))
}

const (
	// poll is how often the end of a file is looked at.
	poll = 100 * time.Millisecond
	// grace is for how many polls a file that has lost its name must not grow: its writer may not
	// have opened the next one yet.
	grace = 10
)

// A tailReader waits at the end of a file for more.
type tailReader struct {
	ctx  context.Context
	file *os.File
	name string
	info os.FileInfo
	at   int64
	poll time.Duration
	gone int // polls since another file has the name
}

func (t *tailReader) Read(p []byte) (int, error) {
	for {
		n, err := t.file.ReadAt(p, t.at)
		t.at += int64(n)
		if n > 0 {
			t.gone = min(t.gone, 1)
			return n, nil
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return 0, err
		}
		// The writer that cut the file off writes it anew, maybe soon beyond this offset.
		if info, err := t.file.Stat(); err != nil || info.Size() < t.at {
			return 0, cmp.Or(err, io.EOF)
		}
		ended, err := t.ended()
		if err != nil {
			return 0, err
		}
		if ended {
			t.gone++
		}
		if t.gone > grace {
			return 0, io.EOF
		}
		select {
		case <-t.ctx.Done():
			return 0, t.ctx.Err()
		case <-time.After(t.poll):
		}
	}
}

// ended reports whether the name leads to another file. A name that leads nowhere may do so soon.
func (t *tailReader) ended() (bool, error) {
	info, err := os.Stat(t.name)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return !os.SameFile(info, t.info), nil
}

// Head returns what is before an offset.
func (t *Tail) Head(offset int64) io.Reader { return io.NewSectionReader(t.file, 0, offset) }

// A Place is a position in a file, and what the file had before it.
type Place struct {
	Offset int64  `json:"offset"`
	Line   int64  `json:"line"`
	Column int64  `json:"column"`
	Before string `json:"before"` // a hash of the first bytes and those before the offset
}

// Position returns the position.
func (p Place) Position() input.Position {
	return input.Position{Offset: p.Offset, Line: p.Line, Column: p.Column}
}

// PlaceIn returns the place of an offset in a file that is open for writing. If another file has its name by now, that is an
// os.ErrNotExist.
func PlaceIn(written *os.File, offset int64) (Place, error) {
	file, info, err := openRegular(written.Name())
	if err != nil {
		return Place{}, err
	}
	defer file.Close()
	if its, err := written.Stat(); err != nil || !os.SameFile(its, info) {
		return Place{}, cmp.Or(err, os.ErrNotExist)
	}
	before, err := fingerprint(file, offset)
	return Place{Offset: offset, Before: before}, err
}

// Place returns the place of a position in the file.
func (t *Tail) Place(at input.Position) (Place, error) {
	before, err := fingerprint(t.file, at.Offset)
	return Place{Offset: at.Offset, Line: at.Line, Column: at.Column, Before: before}, err
}

// fingerprint returns a hash of up to 1 KiB at the beginning of a file and of up to 1 KiB before an offset.
func fingerprint(file *os.File, offset int64) (string, error) {
	const most = 1 << 10
	hash := sha256.New()
	size := min(offset, most)
	for _, from := range []int64{0, offset - size} {
		if n, err := io.Copy(hash, io.NewSectionReader(file, from, size)); err != nil {
			return "", err
		} else if n < size {
			return "", io.ErrUnexpectedEOF
		}
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// Find returns the name of the file that has a place: the file of a name, or, if it was renamed since,
// one in the same directory whose name begins with that.
func (p Place) Find(name string) (string, error) {
	if p.IsIn(name) {
		return name, nil
	}
	dir, base := filepath.Split(name)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		if other := filepath.Join(dir, e.Name()); strings.HasPrefix(e.Name(), base) && p.IsIn(other) {
			return other, p.last(entries, dir, base, e)
		}
	}
	return "", fmt.Errorf("neither %s nor a file beside it whose name begins with that has the %d bytes that were read; was it changed or removed?", name, p.Offset)
}

// last returns an error if a file was renamed after the one that has the place: its points would be left out.
// Files that were renamed differ in the numbers of their names.
func (p Place) last(entries []os.DirEntry, dir, base string, found os.DirEntry) error {
	at, err := found.Info()
	if err != nil {
		return err
	}
	pattern := digits.ReplaceAllString(found.Name(), "0")
	for _, e := range entries {
		if e.Name() == base || e.Name() == found.Name() || digits.ReplaceAllString(e.Name(), "0") != pattern {
			continue
		}
		if other, err := e.Info(); err != nil {
			return err
		} else if !other.ModTime().Before(at.ModTime()) {
			return fmt.Errorf("the bytes that were read are in %s, and %s was written after it and renamed, too: what it has would be left out; join both in one file of the first one's name",
				filepath.Join(dir, found.Name()), filepath.Join(dir, e.Name()))
		}
	}
	return nil
}

var digits = regexp.MustCompile(`[0-9]+`)

// IsIn reports whether a file has what was before the place.
func (p Place) IsIn(name string) bool {
	file, info, err := openRegular(name)
	if err != nil {
		return false
	}
	defer file.Close()
	if info.Size() < p.Offset {
		return false
	}
	before, err := fingerprint(file, p.Offset)
	return err == nil && before == p.Before
}
