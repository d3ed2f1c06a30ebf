package compiler

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/cpu"

	"example.org/compute-pipeline/gohost/internal/regular"
)

const (
	indexDir      = "compiled"   // of the cache directory: an entry for each module
	handoverStart = "compiling-" // of the names of directories that code comes in
)

// Cache is a cache directory of wazero with an index, which tells whether it has a module.
// wazero itself does not tell; it would compile. Any number of processes may use a cache
// at the same time. Files appear in it whole or not at all.
type Cache struct {
	Dir string // or empty: nothing is kept
	// CloseOnDone is set for code that ends with its context, which is other code.
	CloseOnDone bool
	// Max is the size in bytes of all code, before what was used last goes; 0 is maxCode.
	Max int64
}

// entry is the entry of a module in the index.
type entry struct {
	file  string // with the code, below the cache directory
	size  int64
	check uint32
}

var entryFormat = regexp.MustCompile(`^(wazero-[^/\\\n]+/[0-9a-f]{64}) (\d+) ([0-9a-f]{8})\n$`)

func (e entry) String() string { return fmt.Sprintf("%s %d %08x\n", e.file, e.size, e.check) }

func parseEntry(text []byte) (e entry, ok bool) {
	m := entryFormat.FindSubmatch(text)
	if m == nil || strings.Contains(string(m[1]), "..") {
		return e, false
	}
	e.file = string(m[1])
	_, err := fmt.Sscanf(string(m[2])+" "+string(m[3]), "%d %x", &e.size, &e.check)
	return e, err == nil
}

// Has reports whether the cache has the undamaged code of a module, in files that only this
// user and root can write to.
func (c Cache) Has(wasm []byte) bool {
	text, err := readEntry(c.index(wasm))
	if err != nil {
		return false
	}
	e, ok := parseEntry(text)
	if !ok {
		return false
	}
	code := c.path(e.file)
	size, check, err := checksum(code)
	if err != nil || size != e.size || check != e.check {
		return false
	}
	noteUse(code)
	return true
}

func readEntry(path string) ([]byte, error) {
	file, err := OpenPrivate(path)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(file, 1<<10))
	return text, errors.Join(err, file.Close())
}

// path returns the path of a file of code.
func (c Cache) path(file string) string { return filepath.Join(c.Dir, filepath.FromSlash(file)) }

// index returns the name of the file of a module's entry.
func (c Cache) index(wasm []byte) string {
	sum := sha256.New()
	fmt.Fprintf(sum, "2 %s %s %t\n", wazeroVersion(), machine(), c.CloseOnDone)
	sum.Write(wasm)
	return filepath.Join(c.Dir, indexDir, hex.EncodeToString(sum.Sum(nil)))
}

// machine tells machines apart that share a directory. wazero's names of files have the
// features of the processor too, in a form that only wazero knows.
var machine = sync.OnceValue(func() string {
	return fmt.Sprintf("%s %s %v %v", runtime.GOOS, runtime.GOARCH, cpu.X86, cpu.ARM64)
})

// wazeroVersion prevents programs with different versions from overwriting one entry in
// turn.
var wazeroVersion = sync.OnceValue(func() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, dep := range info.Deps {
			if dep.Path == "github.com/tetratelabs/wazero" {
				return dep.Version
			}
		}
	}
	return "unknown"
})

// Handover creates a private directory for the code from [Run], in the cache directory or,
// without one, in the directory for temporary files. The caller must remove it.
func (c Cache) Handover(timeout time.Duration) (dir string, err error) {
	if c.Dir == "" {
		dir, err = os.MkdirTemp("", "compute-pipeline-"+handoverStart)
	} else {
		c.sweep(timeout)
		dir, err = os.MkdirTemp(c.Dir, handoverStart)
	}
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDirectory, err)
	}
	return dir, nil
}

// sweep removes directories of hosts that were killed. A directory that is older than the
// timeout of any process is unused.
func (c Cache) sweep(timeout time.Duration) {
	for _, name := range names(c.Dir, handoverStart) {
		dir := filepath.Join(c.Dir, name)
		if info, err := os.Stat(dir); err == nil && time.Since(info.ModTime()) > timeout+time.Hour {
			_ = os.RemoveAll(dir) // the next sweep tries again
		}
	}
}

// names returns the names in a directory that begin with start.
func names(dir, start string) (names []string) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), start) {
			names = append(names, e.Name())
		}
	}
	return names
}

// errNoCode: wazero has written no code, since it has no compiler for this machine.
var errNoCode = errors.New("no code was written")

// Keep moves the code of a module from the handover directory into the cache.
func (c Cache) Keep(handover string, wasm []byte) (err error) {
	var files []string
	for _, dir := range names(handover, "wazero-") {
		for _, name := range names(filepath.Join(handover, dir), "") {
			files = append(files, dir+"/"+name)
		}
	}
	if len(files) == 0 {
		return errNoCode
	}
	if len(files) != 1 {
		return fmt.Errorf("expected one file of code, found %d", len(files))
	}
	e := entry{file: files[0]}
	code := filepath.Join(handover, filepath.FromSlash(e.file))
	if e.size, e.check, err = checksum(code); err != nil {
		return err
	}
	if _, ok := parseEntry([]byte(e.String())); !ok {
		return fmt.Errorf("a file of code with an unexpected name: %q", e.file)
	}
	written := filepath.Join(handover, "entry")
	if err := os.WriteFile(written, []byte(e.String()), 0o600); err != nil {
		return err
	}
	for _, move := range []struct{ from, to string }{
		{code, c.path(e.file)},
		{written, c.index(wasm)},
	} {
		if err := os.MkdirAll(filepath.Dir(move.to), 0o700); err != nil {
			return err
		}
		if err := os.Rename(move.from, move.to); err != nil {
			return err
		}
	}
	c.trim(e.file)
	return nil
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the size and the checksum of a file. It detects damage, not forgery:
// anyone who can write to the directory can do anything.
func checksum(path string) (size int64, check uint32, err error) {
	file, err := OpenPrivate(path)
	if err != nil {
		return 0, 0, err
	}
	sum := crc32.New(castagnoli)
	size, err = io.Copy(sum, file)
	return size, sum.Sum32(), errors.Join(err, file.Close())
}

// OpenPrivate opens a regular file that only this user and root can write to.
func OpenPrivate(path string) (*os.File, error) {
	file, err := regular.Open(path)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil {
		err = privateFile(info)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return file, nil
}
