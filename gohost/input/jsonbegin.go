package input

import (
	"bytes"
	"errors"
)

// maxHead is how much of an input is looked at for the fields of its first record.
const maxHead = 1 << 20

// beginJSON finds the first record, and chooses the parser by it.
func (r *Reader) beginJSON(opts *Options) error {
	c := r.cut
	if opts.Format == NDJSON {
		c.borders = lineBorders{}
	} else {
		if opts.Records != "" {
			if err := c.seekRecords(opts); err != nil {
				return err
			}
		}
		c.borders = &jsonBorders{}
		if err := beginArray(c); err != nil {
			return err
		}
	}
	engine := r.engineParser(opts)
	if opts.Strict {
		r.parser = engine
		head, err := c.peek(sniffLength)
		return errors.Join(err, r.beginNumbers(head, opts))
	}
	head, first, err := c.firstRecord(opts)
	if err != nil {
		return err
	}
	fields, usual, err := findJSONFields(first, opts)
	if err != nil {
		if fault := c.faultIn(head, opts.Format == NDJSON); fault != nil {
			return fault
		}
		return badData(c.pos, "%s", err)
	}
	if usual {
		r.parser = engine
		if err := r.beginNumbers(head, opts); err != nil {
			return err
		}
		general, err := newJSONRecords(fields, *opts)
		switch engine := engine.(type) {
		case ndjsonParser:
			r.parser = eitherLines{engine, general}
		case jsonParser:
			r.parser = eitherArray{engine, general}
		}
		return err
	}
	named := *opts
	named.Time = fields.time
	r.guesses = sampleHead(head, named).settle(opts, false)
	general, err := newJSONRecords(fields, *opts)
	if err != nil {
		return err
	}
	r.parser, r.decoder = general, general.points
	return nil
}

// faultIn returns the fault of the first record if its grammar is at fault, which is why a field may not be found.
func (c *cutter) faultIn(head []byte, byLine bool) error {
	at := spaceEnd(head, 0)
	if !byLine && at < len(head) && head[at] == '[' {
		at = spaceEnd(head, at+1)
	}
	text := head
	if byLine {
		text = head[:endOfLine(head, at)]
	}
	if at >= len(text) || text[at] != '{' {
		return nil
	}
	if _, fault := newJSONScanner(&jsonTree{}).record(text, at); fault != nil && fault.at < len(bytes.TrimRight(text, " \t\r\n")) {
		return badData(c.pos.after(text[:fault.at]), "%s", fault.message)
	}
	return nil
}

func (r *Reader) engineParser(opts *Options) parser {
	if opts.Format == NDJSON {
		return ndjsonParser{opts.Validate, opts.Keys}
	}
	return jsonParser{opts.Validate}
}

// firstRecord returns the first bytes of the records, and the fields of the first.
func (c *cutter) firstRecord(opts *Options) (head []byte, first []firstField, err error) {
	for size := sniffLength; ; size *= 4 {
		if head, err = c.peek(size); err != nil {
			return nil, nil, err
		}
		text := bytes.TrimLeft(head, " \t\r\n")
		if opts.Format == JSON {
			text = bytes.TrimPrefix(text, []byte("["))
		} else if line, _, ok := bytes.Cut(text, newline); ok {
			return head, firstFields(line), nil
		}
		first, complete := firstFields(text), len(head) < size || size >= maxHead
		if complete || opts.Format == JSON && looksUsual(first, opts.Early) {
			return head, first, nil
		}
		if opts.Format == JSON {
			var n nesting
			if text = bytes.TrimLeft(text, " \t\r\n"); len(text) > 0 && kinds[text[0]] == open && n.skip(text, 0) <= len(text) && n.ended() {
				return head, first, nil
			}
		}
	}
}
