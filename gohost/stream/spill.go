package stream

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
)

// A place is where a state is in a spill file. A size of 0 means nowhere.
type place struct {
	at   int64
	size int32
}

// A spill is a file of states. Their places are reused for states that fit.
type spill struct {
	file  *os.File
	size  int64
	holes map[int32][]int64 // places that are free, by their size
	held  int
	buf   []byte
}

// slot is the unit of places, in bytes: states of about the same size share holes.
const slot = 64

const checksumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func newSpill(dir string) (*spill, error) {
	file, err := os.CreateTemp(dir, "compute-pipeline-spill-")
	if err != nil {
		return nil, fmt.Errorf("WithSpill: %w", err)
	}
	// Where that is possible the file has no name, so that nothing is left if the process is
	// killed. Elsewhere close removes it.
	_ = os.Remove(file.Name())
	return &spill{file: file, holes: map[int32][]int64{}}, nil
}

// room returns the size of the place for a state.
func (p place) room() int32 { return (p.size + checksumSize + slot - 1) / slot * slot }

// write writes a state.
func (s *spill) write(state []byte) (place, error) {
	p := place{at: s.size, size: int32(len(state))}
	holes := s.holes[p.room()]
	if len(holes) > 0 {
		p.at = holes[len(holes)-1]
	}
	s.buf = binary.LittleEndian.AppendUint32(s.buf[:0], crc32.Checksum(state, castagnoli))
	s.buf = append(s.buf, state...)
	if _, err := s.file.WriteAt(s.buf, p.at); err != nil {
		return place{}, fmt.Errorf("spill file: %w", err)
	}
	if len(holes) > 0 {
		s.holes[p.room()] = holes[:len(holes)-1]
	} else {
		s.size += int64(p.room())
	}
	s.held++
	return p, nil
}

// read returns a state.
func (s *spill) read(p place) ([]byte, error) {
	s.buf = slices.Grow(s.buf[:0], int(p.size)+checksumSize)[:int(p.size)+checksumSize]
	if _, err := s.file.ReadAt(s.buf, p.at); err != nil {
		return nil, fmt.Errorf("spill file: %w", err)
	}
	state := s.buf[checksumSize:]
	if crc32.Checksum(state, castagnoli) != binary.LittleEndian.Uint32(s.buf) {
		return nil, fmt.Errorf("spill file: the state at %d is damaged", p.at)
	}
	return slices.Clone(state), nil
}

// free gives a place back. It may be nowhere, and the spill nil.
func (s *spill) free(p place) {
	if s == nil || p.size == 0 {
		return
	}
	s.holes[p.room()] = append(s.holes[p.room()], p.at)
	s.held--
}

func (s *spill) close() error {
	if s == nil {
		return nil
	}
	err := s.file.Close()
	_ = os.Remove(s.file.Name()) // it has no name any more where that was possible
	return err
}
