package vectors

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
)

// Ref is an argument that is the result of an earlier step, or what a function that
// returns a WIT result returned in its ok. The other fields change a list<u8>, in their
// order.
type Ref struct {
	// Step is the index of the step.
	Step int
	// Keep is how many bytes are kept. Nil means all; a negative number counts from the
	// end.
	Keep *int
	// XOR changes single bytes: pairs of a position, which may count from the end, and a
	// mask.
	XOR [][2]int
	// Append is added.
	Append []byte
	// CRC32 replaces the last four bytes by the CRC-32 (IEEE 802.3, little-endian) of
	// all bytes before them.
	CRC32 bool
}

// refMembers are the members of a reference beside $step.
const refMembers = "keep xor append crc32"

// parseRef reads a reference. Its step is as in the file.
func parseRef(v map[string]any) (Ref, error) {
	if err := only(v, "$step", refMembers); err != nil {
		return Ref{}, err
	}
	step, err := integer(v["$step"])
	if err != nil {
		return Ref{}, fmt.Errorf("$step: %w", err)
	}
	ref := Ref{Step: step}
	if keep, ok := v["keep"]; ok {
		n, err := integer(keep)
		if err != nil {
			return Ref{}, fmt.Errorf("keep: %w", err)
		}
		ref.Keep = &n
	}
	if changes, ok := v["xor"]; ok {
		if ref.XOR, err = parseXOR(changes); err != nil {
			return Ref{}, fmt.Errorf("xor: %w", err)
		}
	}
	if more, ok := v["append"]; ok {
		text, ok := more.(string)
		if ref.Append, err = hex.DecodeString(text); err != nil || !ok {
			return Ref{}, errors.New("append: not hexadecimal digits")
		}
	}
	if sum, ok := v["crc32"]; ok {
		if ref.CRC32, ok = sum.(bool); !ok {
			return Ref{}, errors.New("crc32: neither true nor false")
		}
	}
	return ref, nil
}

func parseXOR(v any) ([][2]int, error) {
	list, ok := v.([]any)
	if !ok {
		return nil, errors.New("not a list")
	}
	changes := make([][2]int, len(list))
	for i, v := range list {
		pair, ok := v.([]any)
		if !ok || len(pair) != 2 {
			return nil, errors.New("not a pair of a position and a mask")
		}
		for j := range pair {
			n, err := integer(pair[j])
			if err != nil {
				return nil, err
			}
			changes[i][j] = n
		}
		if mask := changes[i][1]; mask < 0 || mask > 0xff {
			return nil, fmt.Errorf("the mask %d is not a byte", mask)
		}
	}
	return changes, nil
}

// integer returns a small number.
func integer(v any) (int, error) {
	number, _ := v.(json.Number)
	n, err := strconv.ParseInt(string(number), 10, 32)
	if err != nil {
		return 0, errors.New("not a whole number below 2^31")
	}
	return int(n), nil
}

func (r *Ref) edits() bool {
	return r.Keep != nil || r.XOR != nil || r.Append != nil || r.CRC32
}

// Of returns what the reference stands for, given the result of its step.
func (r *Ref) Of(result any) (any, error) {
	if !r.edits() {
		return result, nil
	}
	data, err := Bytes(result)
	if err != nil {
		return nil, err
	}
	if r.Keep != nil {
		keep, err := position(*r.Keep, len(data))
		if err != nil {
			return nil, err
		}
		data = data[:keep]
	}
	for _, change := range r.XOR {
		at, err := position(change[0], len(data))
		if err != nil {
			return nil, err
		}
		if at == len(data) {
			return nil, fmt.Errorf("position %d in a list of %d bytes", at, len(data))
		}
		data[at] ^= byte(change[1])
	}
	data = append(data, r.Append...)
	if r.CRC32 {
		body := len(data) - 4
		if body < 0 {
			return nil, fmt.Errorf("no room for a CRC-32 in %d bytes", len(data))
		}
		binary.LittleEndian.PutUint32(data[body:], crc32.ChecksumIEEE(data[:body]))
	}
	return Hex(data), nil
}

// position returns an index; a negative one counts from the end.
func position(at, length int) (int, error) {
	absolute := at
	if at < 0 {
		absolute += length
	}
	if absolute < 0 || absolute > length {
		return 0, fmt.Errorf("position %d in a list of %d bytes", at, length)
	}
	return absolute, nil
}

// Hex returns a list<u8> as a value.
func Hex(data []byte) any { return map[string]any{"hex": hex.EncodeToString(data)} }

// Bytes returns a copy of the bytes of a value that is a list<u8>.
func Bytes(v any) ([]byte, error) {
	switch v := v.(type) {
	case map[string]any:
		text, ok := v["hex"].(string)
		if ok && len(v) == 1 {
			return hex.DecodeString(text)
		}
	case []any:
		data := make([]byte, len(v))
		for i := range v {
			n, err := integer(v[i])
			if err != nil || n < 0 || n > 0xff {
				return nil, fmt.Errorf("element %d is not a byte", i)
			}
			data[i] = byte(n)
		}
		return data, nil
	}
	return nil, errors.New("not a list<u8>")
}
