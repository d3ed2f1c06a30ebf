package input

import (
	"bytes"
	"fmt"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
)

// A Format is a format of datapoints.
type Format string

// Formats.
const (
	Auto   Format = "auto"   // decided by the first bytes
	JSON   Format = "json"   // an array of {"timestamp": 1, "value": 2.5}
	NDJSON Format = "ndjson" // one such object per line
	CSV    Format = "csv"    // rows of cells, with a header
	// LineProtocol is that of InfluxDB: weather,station=a temp=23.1 1262304000000000000. Times are
	// nanoseconds, unless Options.Unit says otherwise.
	LineProtocol Format = "influx"
	Packed       Format = "packed" // 16 bytes per point: u64 timestamp, f64 value, little-endian
)

// Formats of columns with types, which [NewReader] does not read: see gohost/columnar and
// [NewBatchReader].
const (
	Parquet Format = "parquet"
	Arrow   Format = "arrow"   // a file or a stream
	Columns Format = "columns" // of any origin
)

const (
	sniffLength   = 4096
	byteOrderMark = "\xef\xbb\xbf"
)

// sniff returns the format of an input, from its first bytes.
//
// Control characters that no text contains mean packed points: in every unit, the high
// bytes of a present-day timestamp are such characters. '[' begins a JSON array, '{' one
// object per line; text whose first line is one of the line protocol is that, and other text with a
// separator in its first line is CSV.
func sniff(head []byte, opts Options) (Format, error) {
	names := opts.Names
	points := head
	head = bytes.TrimPrefix(head, []byte(byteOrderMark))
	if err := checkEncoding(head); err != nil {
		return "", err
	}
	if err := checkForeign(head, names); err != nil {
		return "", err
	}
	if isBinary(head) && !beginsLine(head) {
		if len(bytes.Trim(head, "\x00")) == 0 {
			// A loss of power leaves such files, and they would be points in 1970.
			return "", badData(Position{}, "the input begins with nothing but zero bytes; if they are packed points, name that with %s packed", names.Format)
		}
		if isTextWithControls(head) {
			return "", badData(Position{}, "the input looks like text, but has control characters, such as %U; remove them, or if it has packed points, name that with %s packed", control(head), names.Format)
		}
		if !looksPacked(points) {
			return "", badData(Position{}, "the format is not recognised; the input has bytes that text does not, and times of packed points would be after 2042; if it has packed points in nanoseconds, name that with %s packed", names.Format)
		}
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
	if isLineProtocol(text) {
		return LineProtocol, nil
	}
	if bytes.HasPrefix(text, []byte("/*")) || bytes.HasPrefix(text, []byte("//")) {
		return "", badData(Position{Line: 1}, "the text begins with a comment, which JSON does not have; remove it, or name the format with %s", names.Format)
	}
	if _, length := namedSeparator(text); length > 0 || separator(firstLine(text, opts.Comment), opts.Decimal) != 0 {
		return CSV, nil
	}
	hint := ""
	if text[0] == '#' {
		hint = fmt.Sprintf("; is %s '#' meant?", names.Comment)
	}
	return "", badData(Position{Line: 1},
		"the format is not recognised; expected a JSON array ('['), an object per line ('{'), CSV with a header, line protocol, or packed points of 16 bytes: name it with %s%s", names.Format, hint)
}

// beginsLine reports whether head begins with a line of text that has cells or brackets. Packed points
// do not, since the high bytes of their first timestamp are control characters.
func beginsLine(head []byte) bool {
	line, _, ok := bytes.Cut(head, newline)
	return ok && len(line) >= gohost.PackedSize/2 && utf8.Valid(line) && !isBinary(line) &&
		(line[0] == '{' || line[0] == '[' || separator(line, '.') != 0)
}
