package input

import (
	"bytes"
	"strings"
)

// keys are the keys of the points of a piece.
type keys struct {
	text         []byte
	begins, ends []int32 // of each key in text
	lent         bool    // the text is that of a column
}

func (k *keys) reset() {
	k.text, k.begins, k.ends = k.text[:0], k.begins[:0], k.ends[:0]
	if k.lent {
		k.text, k.lent = nil, false
	}
}

// lend makes the text that of a column, in which keys are then. What is appended to it is in a copy.
func (k *keys) lend(c *Column) { k.text, k.lent = c.Text[:len(c.Text):len(c.Text)], true }

// add gives n points a key that is in the text.
func (k *keys) add(n int, begin, end int32) {
	for range n {
		k.begins, k.ends = append(k.begins, begin), append(k.ends, end)
	}
}

// Key returns the key of the i-th point, which is valid until the piece is done. It is empty
// without [Options.Keys]. That of several is joined: see [SplitKey].
func (p *Piece) Key(i int) []byte {
	k := &p.keys
	if i >= len(k.ends) {
		return nil
	}
	return k.text[k.begins[i]:k.ends[i]]
}

// Column returns which of several values the i-th point is: an index into [Options.Values].
func (p *Piece) Column(i int) int {
	if p.values < 2 {
		return 0
	}
	return int(p.columns[i])
}

// A joined key has its parts with keySeparator between them. A 0x00 in a part is followed by
// keyEscape, which is more than the second byte of a separator. So keys are equal if their parts are,
// and in the order of the parts.
const (
	keySeparator = "\x00\x01"
	keyEscape    = "\x00\xff"
)

// JoinKey returns the key of a point with the given parts: a single one as it is.
func JoinKey(parts ...string) string {
	if len(parts) == 1 {
		return parts[0]
	}
	var key []byte
	for i, part := range parts {
		key = appendKeyPart(key, []byte(part), i)
	}
	return string(key)
}

// SplitKey returns the n parts of a key that [JoinKey] or a reader with n [Options.Keys] made. It
// reports false for another text.
func SplitKey(key string, n int) ([]string, bool) {
	if n == 1 {
		return []string{key}, true
	}
	parts := strings.Split(key, keySeparator)
	if len(parts) != n {
		return nil, false
	}
	for i, part := range parts {
		if strings.Count(part, "\x00") != strings.Count(part, keyEscape) {
			return nil, false
		}
		parts[i] = strings.ReplaceAll(part, keyEscape, "\x00")
	}
	return parts, true
}

// appendKeyPart appends the i-th of several parts of a key.
func appendKeyPart(key, part []byte, i int) []byte {
	if i > 0 {
		key = append(key, keySeparator...)
	}
	if bytes.IndexByte(part, 0) < 0 {
		return append(key, part...)
	}
	return append(key, bytes.ReplaceAll(part, []byte{0}, []byte(keyEscape))...)
}
