package input

import "bytes"

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
		return r.beginNumbers(opts)
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
	if usual && opts.Validate != nil {
		r.parser = engine
		if err := r.beginNumbers(opts); err != nil {
			return err
		}
		r.guessKey(head, fields, opts)
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
	s, err := c.sample(named)
	if err != nil {
		return err
	}
	r.guesses = s.settle(opts, false)
	r.guessKey(head, fields, opts)
	general, err := newJSONRecords(fields, *opts)
	if err != nil {
		return err
	}
	r.parser, r.decoder = general, general.points
	return nil
}

// guessKey names a field that seems to tell several series apart.
func (r *Reader) guessKey(head []byte, fields *jsonFields, opts *Options) {
	if len(opts.Keys) == 0 {
		var seen keySample
		seen.records(head, opts.Format == NDJSON, fields)
		r.guesses = append(r.guesses, seen.guesses("field", "records", opts.Names)...)
	}
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
	err = c.peekUntil(func(text []byte, _ bool) (enough bool) {
		head = text
		first, enough = firstOf(text, opts)
		return enough
	})
	return head, first, err
}

// firstOf returns the fields of the record that begins a text, and whether those are all that matter.
func firstOf(head []byte, opts *Options) ([]firstField, bool) {
	text := bytes.TrimLeft(head, " \t\r\n")
	if opts.Format == NDJSON {
		line, _, ok := bytes.Cut(text, newline)
		return firstFields(line), ok
	}
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("[")), " \t\r\n")
	first := firstFields(text)
	if looksUsual(first, opts.Early) {
		return first, true
	}
	var n nesting
	return first, len(text) > 0 && (kinds[text[0]] != open || n.skip(text, 0) <= len(text) && n.ended())
}
