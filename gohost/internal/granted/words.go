package granted

import (
	"bytes"
	"strings"
)

// maxWords bounds the text that is kept of what a guest wrote.
const maxWords = 512

// lastWords keeps the line of standard error that says why a guest ends: the beginning of a
// report by Go's or Rust's runtime, which traces and notes follow, or else the last line.
type lastWords struct {
	line     []byte // so far, without what is beyond maxWords
	last     []byte
	reported bool // last begins a report
	joins    bool // the next line belongs to last
}

// write adds text, in any pieces. It allocates when the guest writes for the first time.
func (w *lastWords) write(p []byte) {
	for len(p) > 0 {
		part, rest, ended := bytes.Cut(p, []byte{'\n'})
		w.line = append(w.line, part[:min(len(part), maxWords-len(w.line))]...)
		if ended {
			w.end()
		}
		p = rest
	}
}

// end ends a line.
func (w *lastWords) end() {
	line := bytes.TrimSpace(w.line)
	switch {
	case len(line) == 0:
	case w.joins:
		w.last = append(append(w.last, ' '), line[:min(len(line), max(0, maxWords-1-len(w.last)))]...)
		w.joins = false
	case beginsReport(line):
		w.last, w.reported = append(w.last[:0], line...), true
		// Rust writes the message of a panic on the line after the place.
		w.joins = line[len(line)-1] == ':' && bytes.Contains(line, panicked)
	case !w.reported:
		w.last = append(w.last[:0], line...)
	}
	w.line = w.line[:0]
}

var panicked = []byte(" panicked at ")

// beginsReport reports whether a runtime begins to say why it ends. A later report takes the
// place of an earlier one, which was of a panic that was recovered.
func beginsReport(line []byte) bool {
	return bytes.HasPrefix(line, []byte("panic: ")) || bytes.HasPrefix(line, []byte("fatal error: ")) ||
		bytes.HasPrefix(line, []byte("thread ")) && bytes.Contains(line, panicked)
}

func (w *lastWords) reset() {
	w.line, w.last, w.reported, w.joins = w.line[:0], w.last[:0], false, false
}

func (w *lastWords) String() string {
	w.end() // a line need not be ended
	return strings.ToValidUTF8(string(w.last), "\uFFFD")
}

// LastWords returns what the guest wrote to standard error, in the call that runs or in the
// last one, to say why it ends: a line of 512 bytes at most, or "".
func (h *Host) LastWords() string { return h.words.String() }
