package input

import (
	"bytes"
)

// A Format is a way to write datapoints down.
type Format string

// The formats.
const (
	Auto   Format = "auto"   // decided by the first bytes
	JSON   Format = "json"   // an array of {"timestamp": 1, "value": 2.5}
	NDJSON Format = "ndjson" // one such object a line
	CSV    Format = "csv"    // rows of cells, named by a header
	Packed Format = "packed" // 16 bytes a point: u64 timestamp, f64 value, little-endian
)

const (
	sniffLength   = 4096
	byteOrderMark = "\xef\xbb\xbf"
)

// Sniff tells the format of an input by its first bytes.
//
// Control characters that no text contains mean packed points: in any of the
// units, the high bytes of a timestamp of these decades are among them. '[' begins a JSON
// array, '{' an object a line; any other text with a separator in its first
// line is CSV.
func Sniff(head []byte) (Format, error) {
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	if bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")) {
		return "", badData(Position{Line: 1}, "the text is UTF-16; expected UTF-8")
	}
	if isBinary(head) {
		return Packed, nil
	}
	text := bytes.TrimLeft(head, " \t\r\n")
	if len(text) == 0 {
		return "", ErrEmpty
	}
	switch text[0] {
	case '[':
		return JSON, nil
	case '{':
		return NDJSON, nil
	}
	first, _, _ := bytes.Cut(text, newline)
	if separator(first) != 0 {
		return CSV, nil
	}
	return "", badData(Position{Line: 1},
		"the format is not recognised; expected a JSON array ('['), an object a line ('{'), CSV with a header, or packed points of 16 bytes: name it with --format")
}

// isBinary reports whether head holds a control character that no text does.
// Bytes that are not UTF-8 are no sign: text in another encoding has them too,
// and deserves a message of its own.
func isBinary(head []byte) bool {
	return bytes.ContainsFunc(head, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r'
	})
}
