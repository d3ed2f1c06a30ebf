package input

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// A keySample is what the first records have in columns that are neither their time nor a value: one of these may tell
// several series apart.
type keySample struct {
	names []string
	looks []looks
}

// looks are what the first cells of a column look like.
type looks struct {
	texts map[string]int // how often each was seen
	rows  int
	words int // of them, those that are neither numbers nor times
}

// see looks at a cell.
func (k *keySample) see(name string, text []byte) {
	i := slices.Index(k.names, name)
	if i < 0 {
		i = len(k.names)
		k.names, k.looks = append(k.names, name), append(k.looks, looks{texts: map[string]int{}})
	}
	l := &k.looks[i]
	l.rows++
	l.texts[string(text)]++
	if _, ok := parseDecimal(text); ok || len(text) == 0 {
		return
	}
	if _, ok := parseRFC3339(text); !ok {
		l.words++
	}
}

// records looks at the fields of records of JSON, the last of which may be cut off.
func (k *keySample) records(head []byte, byLine bool, fields *jsonFields) {
	const most = 100 // fields, of which there are some for each record in the worst case
	at := spaceEnd(head, 0)
	if !byLine && at < len(head) && head[at] == '[' {
		at++
	}
	for range maxSamples {
		if at = spaceEnd(head, at); at >= len(head) || head[at] != '{' || len(k.names) > most {
			return
		}
		end := endOfValue(head, at)
		if byLine {
			end = endOfLine(head, at)
		}
		if end > len(head) || head[end-1] != '}' && head[end-1] != '\n' {
			return
		}
		for _, f := range firstFields(head[at:end]) {
			path := quotePath(f.name)
			if (f.kind == cellText || f.kind == cellNumber) && path != fields.time && !slices.Contains(fields.values, path) {
				k.see(f.name, []byte(f.text))
			}
		}
		if at = end; !byLine {
			if at = spaceEnd(head, at); at >= len(head) || head[at] != ',' {
				return
			}
			at++
		}
	}
}

// lines looks at the tags of lines of the line protocol, the last of which may be cut off.
func (k *keySample) lines(head []byte) {
	var s lineScanner
	for range maxSamples {
		line, rest, ok := bytes.Cut(head, newline)
		if !ok {
			return
		}
		head = rest
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' || s.line(line, 0) != nil {
			continue
		}
		for _, tag := range s.tags {
			k.see(string(tag.name), tag.value.text)
		}
	}
}

// keyNames are names of columns that tell series apart even if they have numbers.
var keyNames = []string{"id", "station", "sensor", "device", "host", "name", "key", "site", "location", "tag", "series", "symbol", "city", "country", "region", "meter", "unit"}

// guesses names a column that seems to tell several series apart: one with few texts that come
// again and again.
func (k *keySample) guesses(what, rows string, names Names) []Guess {
	for i, l := range k.looks {
		name := plain(k.names[i])
		isKey := slices.ContainsFunc(keyNames, func(key string) bool { return name == key || strings.HasSuffix(name, key+"id") || name == key+"name" })
		const fewest = 4
		if l.rows < fewest || len(l.texts) < 2 || 2*len(l.texts) > l.rows || l.words < l.rows && !isKey {
			continue
		}
		return []Guess{{
			What: "key", Value: k.names[i], Notable: true,
			Why: fmt.Sprintf("the %s has %d different texts in the first %d %s, which are taken for one series; %s %s keeps them apart",
				what, len(l.texts), l.rows, rows, names.Keys, clip(k.names[i])),
		}}
	}
	return nil
}
