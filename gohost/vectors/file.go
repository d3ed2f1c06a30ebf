package vectors

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Format is the number of the notation that this package reads.
const Format = 2

// File is the content of one or several files of vectors. It is safe for concurrent use.
type File struct {
	// World is the world with the functions, as in
	// "org:compute-pipeline/compute-pipeline@0.1.0". Empty if no file names one.
	World string
	// Functions are the types of functions, for programs that do not read WIT. Nil if
	// no file describes any.
	Functions map[string]Function
	// Cases are in the order of the files.
	Cases []*Case

	sets map[string]set
}

// Function is the type of a function, in the notation of docs/vectors.md.
type Function struct {
	Params []any `json:"params"`
	// Result is nil for a function without a result.
	Result any `json:"result"`
}

// Parse reads files that belong together: any of them may have the sets that the cases
// of others use. An error names the case that is wrong.
func Parse(files ...[]byte) (*File, error) {
	f := &File{sets: make(map[string]set)}
	sets := budget{maxExpanded}
	var raw []json.RawMessage
	for i, text := range files {
		if len(text) > maxFile {
			return nil, fmt.Errorf("vectors: a file of %d bytes, more than %d", len(text), maxFile)
		}
		cases, err := f.read(text, &sets)
		if err != nil {
			return nil, fmt.Errorf("vectors: file %d: %w", i+1, err)
		}
		if len(raw)+len(cases) > maxCases {
			return nil, fmt.Errorf("vectors: more than %d cases", maxCases)
		}
		raw = append(raw, cases...)
	}
	total := budget{maxTotal}
	ids := make(map[string]bool)
	for i, text := range raw {
		c, err := f.parseCase(text, &total)
		if err != nil {
			return nil, fmt.Errorf("vectors: case %d: %w", i+1, err)
		}
		if ids[c.ID] {
			return nil, fmt.Errorf("vectors: two cases have the id %q", c.ID)
		}
		ids[c.ID] = true
		f.Cases = append(f.Cases, c)
	}
	return f, nil
}

// read reads one file, and returns its cases.
func (f *File) read(text []byte, sets *budget) (cases []json.RawMessage, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	seen := make(map[string]bool)
	err = members(decoder, func(name string) error {
		if seen[name] {
			return fmt.Errorf("%q is there twice", name)
		}
		seen[name] = true
		switch name {
		case "format":
			var format int
			if err := decoder.Decode(&format); err != nil {
				return fmt.Errorf("format: %w", err)
			}
			if format != Format {
				return fmt.Errorf("format %d, expected %d", format, Format)
			}
		case "world":
			var world string
			if err := decoder.Decode(&world); err != nil {
				return fmt.Errorf("world: %w", err)
			}
			if f.World != "" && f.World != world {
				return fmt.Errorf("the worlds %q and %q", f.World, world)
			}
			f.World = world
		case "functions":
			return f.readFunctions(decoder, sets)
		case "sets":
			return f.readSets(decoder, sets)
		case "cases":
			cases, err = elements(decoder)
			return err
		default:
			return fmt.Errorf("unknown member %q", name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if !seen["format"] {
		return nil, errors.New("no format")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, errors.New("text after the JSON value")
	}
	return cases, nil
}

func (f *File) readFunctions(decoder *json.Decoder, b *budget) error {
	if f.Functions == nil {
		f.Functions = make(map[string]Function)
	}
	return members(decoder, func(name string) error {
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return err
		}
		var function Function
		if err := b.decode(text, &function); err != nil {
			return fmt.Errorf("function %q: %w", name, err)
		}
		if _, ok := f.Functions[name]; ok {
			return fmt.Errorf("two functions have the name %q", name)
		}
		f.Functions[name] = function
		return b.spend(1, sizeField)
	})
}

func (f *File) readSets(decoder *json.Decoder, b *budget) error {
	return members(decoder, func(name string) error {
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return err
		}
		if len(f.sets) >= maxCases {
			return fmt.Errorf("more than %d sets", maxCases)
		}
		if _, ok := f.sets[name]; ok {
			return fmt.Errorf("two sets have the name %q", name)
		}
		// A set may not use sets.
		var written any
		if err := b.decode(text, &written); err != nil {
			return fmt.Errorf("set %q: %w", name, err)
		}
		elements, err := (&expansion{budget: b}).list(written)
		if err != nil {
			return fmt.Errorf("set %q: %w", name, err)
		}
		f.sets[name] = setOf(elements)
		return b.spend(1, sizeField)
	})
}

// members calls read for each member of a JSON object, which must decode its value.
func members(decoder *json.Decoder, read func(name string) error) error {
	if err := delimiter(decoder, '{'); err != nil {
		return err
	}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return err
		}
		if err := read(name.(string)); err != nil { // JSON has no other names
			return err
		}
	}
	return delimiter(decoder, '}')
}

// elements reads a JSON array of up to maxCases elements.
func elements(decoder *json.Decoder) (list []json.RawMessage, err error) {
	if err := delimiter(decoder, '['); err != nil {
		return nil, err
	}
	for decoder.More() {
		if len(list) == maxCases {
			return nil, fmt.Errorf("more than %d cases", maxCases)
		}
		var text json.RawMessage
		if err := decoder.Decode(&text); err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, delimiter(decoder, ']')
}

func delimiter(decoder *json.Decoder, want json.Delim) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	if token != want {
		return fmt.Errorf("%v, expected %v", token, want)
	}
	return nil
}
