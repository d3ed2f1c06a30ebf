package wasi2

import (
	"encoding/binary"
	"hash/fnv"
	"io/fs"

	"github.com/tetratelabs/wazero/sys"
)

// Types of descriptors.
const (
	unknown         = 0
	blockDevice     = 1
	characterDevice = 2
	directory       = 3
	fifo            = 4
	symbolicLink    = 5
	regularFile     = 6
	socket          = 7
)

func typeOf(mode fs.FileMode) uint8 {
	switch {
	case mode.IsRegular():
		return regularFile
	case mode.IsDir():
		return directory
	case mode&fs.ModeSymlink != 0:
		return symbolicLink
	case mode&fs.ModeNamedPipe != 0:
		return fifo
	case mode&fs.ModeSocket != 0:
		return socket
	case mode&fs.ModeCharDevice != 0:
		return characterDevice
	case mode&fs.ModeDevice != 0:
		return blockDevice
	}
	return unknown
}

func (c *call) getType() {
	d := self[*descriptor](c, descriptors)
	at := c.result(2, 1)
	if !c.Lifted() {
		return
	}
	st, err := c.Stat(d.file.File)
	if err != nil {
		c.failed(at, 1, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreU8(at+1, typeOf(st.Mode))
}

func (c *call) stat() {
	d := self[*descriptor](c, descriptors)
	at := c.result(104, 8)
	if !c.Lifted() {
		return
	}
	st, err := c.Stat(d.file.File)
	c.putStat(at, st, err)
}

// statAt never tells of a link: the guest sees its target instead.
func (c *call) statAt() {
	st, err := c.metadataAt(c.StatPath)
	if at := c.result(104, 8); c.Lifted() {
		c.putStat(at, st, err)
	}
}

// metadataAt returns the metadata of what a path leads to. If a link is not to be followed,
// notFollowed does.
func (c *call) metadataAt(notFollowed func(name string) (sys.Stat_t, error)) (sys.Stat_t, error) {
	d, follow := self[*descriptor](c, descriptors), c.PopU32()&1 == 1
	name, err := c.path(d)
	switch {
	case err != nil || !c.Lifted():
		return sys.Stat_t{}, err
	case follow:
		return c.StatPath(name)
	}
	return notFollowed(name)
}

func (c *call) putStat(at uint32, st sys.Stat_t, err error) {
	if err != nil {
		c.failed(at, 8, err)
		return
	}
	c.StoreU8(at, 0)
	c.StoreU8(at+8, typeOf(st.Mode))
	c.StoreU64(at+16, st.Nlink)
	c.StoreU64(at+24, uint64(st.Size))
	for i, ns := range []int64{st.Atim, st.Mtim, st.Ctim} {
		time := at + 32 + 24*uint32(i)
		c.StoreBool(time, ns >= 0)
		c.StoreU64(time+8, uint64(max(ns, 0))/1e9)
		c.StoreU32(time+16, uint32(uint64(max(ns, 0))%1e9))
	}
}

func (c *call) metadataHash() {
	d := self[*descriptor](c, descriptors)
	at := c.result(24, 8)
	if !c.Lifted() {
		return
	}
	st, err := c.Stat(d.file.File)
	c.putHash(at, st, err)
}

func (c *call) metadataHashAt() {
	// A library that lists a directory asks for the number of each entry, also of a link that
	// leads nowhere.
	st, err := c.metadataAt(c.StatLink)
	if at := c.result(24, 8); c.Lifted() {
		c.putHash(at, st, err)
	}
}

// putHash writes a number of 128 bits that is equal for equal files, and differs after a
// change.
func (c *call) putHash(at uint32, st sys.Stat_t, err error) {
	if err != nil {
		c.failed(at, 8, err)
		return
	}
	hash := fnv.New128a()
	for _, n := range []uint64{st.Dev, st.Ino, uint64(st.Size), uint64(st.Mtim)} {
		_, _ = hash.Write(binary.LittleEndian.AppendUint64(nil, n)) // never fails
	}
	sum := hash.Sum(nil)
	c.StoreU8(at, 0)
	c.StoreU64(at+8, binary.LittleEndian.Uint64(sum))
	c.StoreU64(at+16, binary.LittleEndian.Uint64(sum[8:]))
}

// isSameObject reports whether two descriptors are of one file.
func (c *call) isSameObject() {
	a, b := self[*descriptor](c, descriptors), self[*descriptor](c, descriptors)
	if !c.Lifted() {
		return
	}
	same := a.file.Name == b.file.Name
	if !same {
		first, err := c.Stat(a.file.File)
		second, otherErr := c.Stat(b.file.File)
		same = err == nil && otherErr == nil && first.Ino != 0 && first.Ino == second.Ino && first.Dev == second.Dev
	}
	c.PushBool(same)
}
