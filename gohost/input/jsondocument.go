package input

import (
	"errors"
	"io"
	"strconv"
	"unicode/utf8"
)

// A jsonDocument reads what is around the records in a document of JSON, token by token: it holds the text to the
// grammar, and finds the array at a path. It needs memory for the longest string only, which may be as long as a record.
type jsonDocument struct {
	cut     *cutter
	scan    *jsonScanner
	path    []string
	setting string // how messages name the option

	depth int
	state documentState
	// levels are the open brackets that lead to the records: the outermost ones.
	levels []documentLevel
	next   bool     // the next value leads there
	found  bool     // the records
	names  []string // the first fields of the document, for a message
}

type documentLevel struct {
	element int  // of an array: the number of the next
	had     bool // the field of the path was there
}

type documentState byte

const (
	wantValue     documentState = iota
	wantFirst                   // a value, or the end of an array
	wantName                    // of a field
	wantFirstName               // or the end of an object
	wantComma                   // or the end of what is open
	wantNothing
)

const (
	// maxDepth bounds the brackets that are open around the records.
	maxDepth = 1 << 20
	// maxNames is how many fields a message names.
	maxNames = 20
)

// seekRecords goes to the array of records in a document. What follows the array is read when that has ended.
func (c *cutter) seekRecords(opts *Options) error {
	path, err := parsePath(opts.Records)
	if err != nil {
		return badData(c.pos, "%s: %s", opts.Names.Records, err)
	}
	d := &jsonDocument{cut: c, scan: newJSONScanner(&jsonTree{}), path: path, setting: opts.Names.Records}
	if _, err := c.skipSpace(); errors.Is(err, io.EOF) {
		return ErrEmpty
	}
	err = d.read()
	switch {
	case errors.Is(err, io.EOF):
		return badData(c.pos, "the document has no array of records at %q (%s); its first fields are: %s", opts.Records, d.setting, quoteAll(d.names))
	case err != nil:
		return err
	}
	c.tail = func() error {
		d.state = wantComma
		return d.read()
	}
	return nil
}

// read reads to the records, or to the end of the document, where it returns io.EOF.
func (d *jsonDocument) read() error {
	for {
		b, err := d.cut.skipSpace()
		if errors.Is(err, io.EOF) && d.state != wantNothing {
			return badData(d.cut.pos, "the input ends inside the document")
		}
		if err != nil {
			return err
		}
		switch d.state {
		case wantNothing:
			return d.expected("nothing after the document", b)
		case wantComma:
			err = d.comma(b)
		case wantName, wantFirstName:
			err = d.name(b)
		default:
			if d.next && len(d.levels) == len(d.path) {
				if b != '[' || d.found {
					return badData(d.cut.pos, "expected the array of records that %s names, found %q", d.setting, b)
				}
				d.next, d.found = false, true
				return nil
			}
			err = d.value(b)
		}
		if err != nil {
			return err
		}
	}
}

func (d *jsonDocument) expected(what string, found byte) error {
	return badData(d.cut.pos, "expected %s, found %q", what, rune(found))
}

// value reads a value, or the bracket that begins it.
func (d *jsonDocument) value(b byte) error {
	switch {
	case b == ']' && d.state == wantFirst:
		d.close()
		return nil
	case b != '{' && b != '[':
		if d.next {
			return badData(d.cut.pos, "%s leads into a value that is no object or array", d.setting)
		}
		_, err := d.token(b)
		d.afterValue()
		return err
	case d.depth == maxDepth:
		return badData(d.cut.pos, "more than %d brackets are open, the max", maxDepth)
	}
	d.cut.discard(1)
	d.scan.setInner(d.depth, b == '{')
	if d.next || d.depth == 0 {
		d.levels, d.next = append(d.levels, documentLevel{}), false
	}
	d.depth++
	d.state = wantFirstName
	if b == '[' {
		d.state = wantFirst
		d.element()
	}
	return nil
}

// leads reports whether the innermost bracket leads to the records.
func (d *jsonDocument) leads() bool { return d.depth == len(d.levels) }

// element notes that an element of an array may follow.
func (d *jsonDocument) element() {
	if !d.leads() {
		return
	}
	level := &d.levels[d.depth-1]
	d.next = d.path[d.depth-1] == strconv.Itoa(level.element)
	level.element++
}

// name reads the name of a field and its colon, or the end of an object.
func (d *jsonDocument) name(b byte) error {
	if b == '}' && d.state == wantFirstName {
		d.close()
		return nil
	}
	if b != '"' {
		return d.expected("the name of a field, in quotes", b)
	}
	at := d.cut.pos
	quoted, err := d.token(b)
	if err != nil {
		return err
	}
	d.scan.keep, d.scan.text, d.scan.at = d.scan.keep[:0], quoted, len(quoted)
	name := quoted[1 : len(quoted)-1]
	if stringEnd(quoted, 0) < 0 {
		var fault *recordFault
		if name, fault = d.scan.unescaped(0); fault != nil {
			return badData(at, "%s", fault.message)
		}
	}
	if d.depth == 1 && !d.found && len(d.names) <= maxNames {
		d.names = append(d.names, string(name))
	}
	if d.leads() && string(name) == d.path[d.depth-1] {
		level := &d.levels[d.depth-1]
		if level.had {
			return badData(at, "duplicate field %q, which %s names", clip(string(name)), d.setting)
		}
		level.had, d.next = true, true
	}
	b, err = d.cut.skipSpace()
	if errors.Is(err, io.EOF) {
		return badData(d.cut.pos, "the input ends inside the document")
	}
	if err != nil {
		return err
	}
	if b != ':' {
		return d.expected("':' after the name of a field", b)
	}
	d.cut.discard(1)
	d.state = wantValue
	return nil
}

// comma reads what follows a value.
func (d *jsonDocument) comma(b byte) error {
	isObject := d.scan.isInner(d.depth - 1)
	switch {
	case b == ',':
		d.cut.discard(1)
		if d.state = wantName; !isObject {
			d.state = wantValue
			d.element()
		}
	case isObject && b == '}' || !isObject && b == ']':
		d.close()
	case isObject:
		return d.expected("',' or '}' after a field", b)
	default:
		return d.expected("',' or ']' after an element", b)
	}
	return nil
}

// close takes a closing bracket.
func (d *jsonDocument) close() {
	d.cut.discard(1)
	if d.leads() {
		d.levels = d.levels[:d.depth-1]
	}
	d.next = false
	d.depth--
	d.afterValue()
}

func (d *jsonDocument) afterValue() {
	if d.state = wantComma; d.depth == 0 {
		d.state = wantNothing
	}
}

// token takes a string, a number or a literal, and returns its text, which is valid until more is read.
func (d *jsonDocument) token(b byte) ([]byte, error) {
	c, s := d.cut, d.scan
	for {
		s.text, s.at = c.held, 0
		var fault *recordFault
		whole := len(c.held) > len("false")
		switch {
		case b == '"':
			fault = s.string()
			whole = fault == nil || fault.at < len(c.held)
		case b == '-' || b-'0' <= 9:
			fault = s.number()
			whole = s.at < len(c.held)
		default:
			fault = s.literal()
		}
		if !whole && len(c.held) > MaxRecord {
			return nil, badData(c.pos, "a value is longer than %d MiB, the max", MaxRecord>>20)
		}
		if !whole {
			more := 2*len(c.held) + 1
			var err error
			for len(c.held) < more && err == nil {
				err = c.fill()
			}
			if err == nil || !errors.Is(err, io.EOF) || len(c.held) > len(s.text) {
				if err != nil && !errors.Is(err, io.EOF) {
					return nil, err
				}
				continue
			}
		}
		text := c.held[:s.at]
		if fault != nil {
			if fault.at >= len(c.held) {
				fault.message = "the input ends inside the document"
			}
			return nil, badData(c.pos.after(c.held[:fault.at]), "%s", fault.message)
		}
		if !utf8.Valid(text) {
			return nil, badData(c.pos.after(text[:invalidUTF8(text)]), "expected UTF-8 text, found an invalid byte")
		}
		c.discard(len(text))
		return text, nil
	}
}
