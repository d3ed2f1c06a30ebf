// Package wav reads sound of one channel with 16 bits a sample, from a WAV file of any length or
// without a header.
//
// http://soundfile.sapp.org/doc/WaveFormat/ describes the format.
package wav

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
)

// Is reports whether a file that begins with these bytes, at least 12, is a WAV file, or one of its
// kin that NewReader names in its error.
func Is(head []byte) bool {
	if len(head) < 12 {
		return false
	}
	switch string(head[:4]) {
	case "RIFF", "RIFX", "RF64":
		return string(head[8:12]) == "WAVE"
	}
	return false
}

// A Reader reads the samples of a sound.
type Reader struct {
	src io.Reader
	// left is how many bytes are to come, or negative if all to the end are.
	left    int64
	samples int64
	ended   bool // and what follows the samples was looked at
	buffer  []byte
}

// ErrSound is in the errors of data that is no sound as expected.
var ErrSound = errors.New("not a sound that can be read")

func wrong(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSound, fmt.Sprintf(format, args...))
}

// NewRaw returns a reader of samples without a header.
func NewRaw(src io.Reader) *Reader { return &Reader{src: src, left: -1} }

// Formats of samples.
const (
	formatPCM        = 1
	formatExtensible = 0xFFFE
)

// Sizes of chunks.
const (
	formatSize     = 16
	extensibleSize = 40
	mostFormat     = 1 << 10
	// streamed is the least size of data that programs write that do not know it: up to all bits,
	// or those of a signed number, rounded.
	streamed = 0x7FFF0000
)

// NewReader reads the header of a WAV file, whose sound must have this rate, one channel and 16 bits.
func NewReader(src io.Reader, rate uint32) (*Reader, error) {
	var head [12]byte
	if _, err := io.ReadFull(src, head[:]); err != nil {
		return nil, cutOff(err)
	}
	if !Is(head[:]) {
		return nil, wrong("it does not begin as WAV files do")
	}
	if form := string(head[:4]); form != "RIFF" {
		return nil, wrong("it is of the form %s; expected RIFF", form)
	}
	declared, at := int64(binary.LittleEndian.Uint32(head[4:])), int64(4) // of what follows its size
	described := false
	for {
		var chunk [8]byte
		if _, err := io.ReadFull(src, chunk[:]); err != nil {
			return nil, cutOff(err)
		}
		name, size := string(chunk[:4]), int64(binary.LittleEndian.Uint32(chunk[4:]))
		at += int64(len(chunk))
		switch {
		case name == "data" && !described:
			return nil, wrong("its samples come before their format")
		case name == "data":
			more := declared > at && declared < streamed // other chunks follow, so the size is known
			if size == 0 && !more || size >= streamed {
				size = -1
			}
			return &Reader{src: src, left: size}, nil
		case name == "fmt ":
			if size < formatSize || size > mostFormat {
				return nil, wrong("its format has %d bytes; expected %d to %d", size, formatSize, mostFormat)
			}
			format := make([]byte, size+size&1)
			if _, err := io.ReadFull(src, format); err != nil {
				return nil, cutOff(err)
			}
			if err := check(format[:size], rate); err != nil {
				return nil, err
			}
			described = true
			at += int64(len(format))
		default:
			at += size + size&1
			if _, err := io.CopyN(io.Discard, src, size+size&1); err != nil {
				return nil, cutOff(err)
			}
		}
	}
}

// check returns an error if the format is not the expected one.
func check(format []byte, rate uint32) error {
	kind, channels := binary.LittleEndian.Uint16(format), binary.LittleEndian.Uint16(format[2:])
	hertz, bits := binary.LittleEndian.Uint32(format[4:]), binary.LittleEndian.Uint16(format[14:])
	if kind == formatExtensible && len(format) >= extensibleSize {
		kind = binary.LittleEndian.Uint16(format[24:])
	}
	if kind != formatPCM {
		return wrong("its samples have the format %d; expected %d, integers (PCM); %s", kind, formatPCM, advice(rate))
	}
	if channels == 1 && bits == 16 && hertz == rate {
		return nil
	}
	return wrong("it has %d Hz, %d channels and %d bits; expected %d Hz, 1 channel and 16 bits; %s", hertz, channels, bits, rate, advice(rate))
}

// advice says how a file is converted.
func advice(rate uint32) string {
	return fmt.Sprintf("ffmpeg -i FILE -ac 1 -ar %d -c:a pcm_s16le OUT.wav converts it", rate)
}

// cutOff returns the error of a file that ends in its header.
func cutOff(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return wrong("it ends before its samples")
	}
	return err
}

// rest returns io.EOF, or an [ErrSound] if more samples follow, which would be left out.
func (r *Reader) rest() error {
	if r.ended {
		return io.EOF
	}
	r.ended = true
	skip := 2 * r.left // half a sample, and the byte that makes the chunk even
	for {
		var chunk [8]byte
		_, err := io.CopyN(io.Discard, r.src, skip)
		if err == nil {
			_, err = io.ReadFull(r.src, chunk[:])
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return io.EOF
		}
		if err != nil {
			return err
		}
		size := int64(binary.LittleEndian.Uint32(chunk[4:]))
		if string(chunk[:4]) == "data" && size > 0 {
			return wrong("more samples follow in a second chunk, after %d samples", r.samples)
		}
		skip = size + size&1
	}
}

// Samples returns how many samples have been read.
func (r *Reader) Samples() int64 { return r.samples }

// Read reads samples as numbers from -1 to 1, and returns how many. It returns io.EOF with the
// last ones or after them, and an [ErrSound] if there are fewer than the header says.
func (r *Reader) Read(samples []float64) (int, error) {
	want := int64(len(samples)) * 2
	if r.left >= 0 {
		want = min(want, r.left&^1)
	}
	if want == 0 {
		if len(samples) == 0 {
			return 0, nil
		}
		return 0, r.rest()
	}
	if int64(len(r.buffer)) < want {
		r.buffer = make([]byte, want)
	}
	n, err := io.ReadFull(r.src, r.buffer[:want])
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	count := n / 2
	for i := range count {
		samples[i] = float64(int16(binary.LittleEndian.Uint16(r.buffer[2*i:]))) / -math.MinInt16
	}
	r.samples += int64(count)
	if r.left >= 0 {
		r.left -= int64(n)
		if errors.Is(err, io.EOF) && r.left > 1 {
			err = wrong("it ends after %d samples; its header says %d", r.samples, r.samples+(r.left+int64(n&1))/2)
		}
	}
	return count, err
}
