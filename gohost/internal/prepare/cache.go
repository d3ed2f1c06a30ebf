package prepare

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"example.org/compute-pipeline/gohost/internal/compiler"
	"example.org/compute-pipeline/gohost/internal/regular"
)

// Cache keeps what [Sandbox.Prepare] returns in a directory, so that the next process needs
// neither the prepare module nor the work. Any number of processes may use a cache at the
// same time.
//
// An entry has a checksum of its content and of what it was made from. A damaged entry, one
// under the name of another and one that another user can write to do not count. Anyone who
// can write to the directory can forge one.
type Cache struct {
	Dir string
	max int64 // size in bytes of all entries, before those that were used last go; 0 is maxCache
}

const (
	preparedDir = "prepared" // of the cache directory: a file for each module
	// maxCache is about sixty times what a Python interpreter takes.
	maxCache = 1 << 30
	// maxEntry bounds what is read: no output of the prepare module is larger.
	maxEntry = memoryPages<<16 + 1<<20
	// staleAfter is the age of a file that nobody writes any more.
	staleAfter = time.Hour
	// usedEvery is how often the use of an entry is noted.
	usedEvery = time.Hour
)

const (
	magic     = "compute-pipeline prepared 1\n"
	writing   = "writing-" // of the names of files that are being written
	headerLen = len(magic) + sha256.Size
)

// The content of an entry is the size of the report in four bytes, the report and the module.
const sizeLen = 4

// key is the SHA-256 of everything that determines what Prepare returns.
type key [sha256.Size]byte

// self is the hash of the prepare module.
var self = sync.OnceValue(func() [sha256.Size]byte { return sha256.Sum256(wasm) })

func newKey(module []byte, options Options) (k key) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%x %t %d\n", self(), options.Meter, len(options.Contract))
	sum.Write(options.Contract)
	sum.Write(module)
	sum.Sum(k[:0])
	return k
}

func (c Cache) path(k key) string {
	return filepath.Join(c.Dir, preparedDir, hex.EncodeToString(k[:]))
}

// header returns what precedes the content in an entry, of which these are the parts.
func (k key) header(content ...[]byte) []byte {
	sum := sha256.New()
	sum.Write(k[:])
	for _, part := range content {
		sum.Write(part)
	}
	return sum.Sum([]byte(magic))
}

// Get returns what Prepare returned for the same module and options, if the cache has it.
func (c Cache) Get(module []byte, options Options) (p Prepared, ok bool) {
	k := newKey(module, options)
	path := c.path(k)
	entry, err := read(path)
	if err != nil || len(entry) < headerLen || !bytes.Equal(entry[:headerLen], k.header(entry[headerLen:])) {
		return p, false
	}
	if p, ok = parseContent(entry[headerLen:]); !ok {
		return p, false
	}
	if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > usedEvery {
		now := time.Now()
		_ = os.Chtimes(path, now, now) // the directory may be read-only
	}
	return p, true
}

func parseContent(content []byte) (p Prepared, ok bool) {
	if len(content) < sizeLen {
		return p, false
	}
	size, rest := binary.LittleEndian.Uint32(content), content[sizeLen:]
	if uint64(size) > uint64(len(rest)) {
		return p, false
	}
	report, err := parseReport(rest[:size])
	return Prepared{Wasm: rest[size:], Report: report}, err == nil
}

// read returns an entry that only this user and root can write to.
func read(path string) (entry []byte, err error) {
	file, err := compiler.OpenPrivate(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if info.Size() > maxEntry {
		return nil, regular.ErrSize
	}
	entry = make([]byte, info.Size())
	_, err = io.ReadFull(file, entry)
	return entry, err
}

// Put stores what Prepare returned. An entry appears whole or not at all.
func (c Cache) Put(module []byte, options Options, p Prepared) error {
	report, err := json.Marshal(p.Report)
	if err != nil {
		return err
	}
	start := append(binary.LittleEndian.AppendUint32(nil, uint32(len(report))), report...)
	k := newKey(module, options)
	dir := filepath.Join(c.Dir, preparedDir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	file, err := os.CreateTemp(dir, writing)
	if err != nil {
		return err
	}
	for _, part := range [][]byte{k.header(start, p.Wasm), start, p.Wasm} {
		if err == nil {
			_, err = file.Write(part)
		}
	}
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), c.path(k))
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	c.sweep(dir, filepath.Base(c.path(k)))
	return nil
}

// sweep removes what processes left that were killed, and the entries that were not used for
// the longest time, down to the max size. It keeps the new one, whatever its size and time:
// the clock of files may be behind.
func (c Cache) sweep(dir, added string) {
	list, err := os.ReadDir(dir)
	if err != nil {
		return // the next sweep tries again
	}
	var entries []os.FileInfo
	left := cmp.Or(c.max, maxCache)
	for _, e := range list {
		info, err := e.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case e.Name() == added:
			left -= info.Size()
		case !strings.HasPrefix(e.Name(), writing):
			entries = append(entries, info)
		case time.Since(info.ModTime()) > staleAfter:
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	slices.SortFunc(entries, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, e := range entries {
		if left -= e.Size(); left < 0 {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}
