// Package points reads and writes datapoints as the bodies of HTTP requests
// and responses.
//
// There are three media types for the same list. The engine (validate-stream) parses JSON
// and NDJSON, so they are accepted as the contract specifies. Packed points are 16 bytes
// each, little-endian. The body is read in pieces.
package points

import (
	"fmt"
	"mime"
	"slices"
	"strconv"
	"strings"
)

// Media types.
const (
	JSON   = "application/json"                        // an array of {"timestamp": 1, "value": 2.5}
	NDJSON = "application/x-ndjson"                    // one such object per line
	Packed = "application/vnd.compute-pipeline.packed" // 16 bytes per point: u64 timestamp, f64 value, little-endian
)

// Types are all media types, in order of preference.
var Types = []string{JSON, NDJSON, Packed}

// A TypeError is the error of a media type that cannot be read, or of an Accept header
// without one that can be written.
type TypeError struct {
	Header string // Content-Type or Accept
	Given  string
	Known  []string
}

func (e *TypeError) Error() string {
	given := "is missing"
	if e.Given != "" {
		given = fmt.Sprintf("is %q", e.Given)
	}
	return fmt.Sprintf("%s %s; expected %s", e.Header, given, strings.Join(e.Known, ", "))
}

// ContentType returns the known media type that the header names. It rejects text in
// another encoding than UTF-8: JSON is UTF-8 (RFC 8259, section 8.1).
func ContentType(header string, known []string) (string, error) {
	refused := &TypeError{Header: "Content-Type", Given: header, Known: known}
	media, params, err := mime.ParseMediaType(header)
	if err != nil || !slices.Contains(known, media) {
		return "", refused
	}
	if charset, ok := params["charset"]; ok && !strings.EqualFold(charset, "utf-8") {
		return "", refused
	}
	return media, nil
}

// Accepted returns the media type of known that an Accept header prefers (RFC 9110,
// section 12.5.1), or the earlier of two with the same weight. Without a header it returns
// the first.
func Accepted(header string, known []string) (string, error) {
	if strings.TrimSpace(header) == "" {
		return known[0], nil
	}
	best, bestQuality := "", 0.0
	for _, media := range known {
		if q := quality(header, media); q > bestQuality {
			best, bestQuality = media, q
		}
	}
	if best == "" {
		return "", &TypeError{Header: "Accept", Given: header, Known: known}
	}
	return best, nil
}

// quality returns the weight that the header's most specific range gives to media.
func quality(header, media string) float64 {
	group, _, _ := strings.Cut(media, "/")
	weight, specific := 0.0, -1
	for part := range strings.SplitSeq(header, ",") {
		name, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		rank := slices.Index([]string{"*/*", group + "/*", media}, name)
		if rank <= specific {
			continue
		}
		q := 1.0
		if given, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(given, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		weight, specific = q, rank
	}
	return weight
}
