package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

const (
	// defaultMaxKeys is the default of --max-keys with --follow, that of the library. Else there is no limit.
	defaultMaxKeys = 1 << 20
	// notGiven is --max-keys where it is not.
	notGiven = -1
)

// checkGroups rejects options that do not go together with --group-by.
func (c *runCommand) checkGroups() error {
	switch {
	case c.MaxKeys < 1 && c.MaxKeys != notGiven:
		return badUse("--max-keys %d: expected at least 1", c.MaxKeys)
	case c.GroupBy == "" && c.MaxKeys != notGiven:
		return badUse("--max-keys needs --group-by")
	case c.SpillDir != "" && c.Follow:
		return badUse("--spill-dir is not for --follow, which keeps its windows in memory")
	case c.GroupBy == "":
		return nil
	case c.Normalize:
		return badUse("--normalize keeps one point of each timestamp, of any key; it cannot be used with --group-by")
	case c.Format == input.Packed:
		return badUse("--group-by needs a format with names; packed points have no keys")
	}
	return nil
}

// keyNames are the columns of --group-by.
func (c *runCommand) keyNames() []string { return splitNames(c.GroupBy) }

// splitNames returns names that have commas between them. A backslash makes a comma part of a name.
func splitNames(text string) (names []string) {
	if text == "" {
		return nil
	}
	name := ""
	for i := 0; i < len(text); i++ {
		switch {
		case strings.HasPrefix(text[i:], `\,`):
			name += ","
			i++
		case text[i] == ',':
			names = append(names, name)
			name = ""
		default:
			name += text[i : i+1]
		}
	}
	return append(names, name)
}

// checkNames rejects a name of --group-by that is empty.
func checkNames(groupBy string) error {
	if slices.Contains(splitNames(groupBy), "") {
		return badUse("--group-by %q has an empty name; a comma in a name is \\,", groupBy)
	}
	return nil
}

// labelled reports whether windows have a key or a column.
func (c *runCommand) labelled() bool { return c.GroupBy != "" || len(c.ValueColumn) > 1 }

// checkSeveral rejects several columns of values or keys where there is one.
func (c *runCommand) checkSeveral() error {
	if err := checkNames(c.GroupBy); err != nil {
		return err
	}
	if len(c.ValueColumn) > 1 && c.Normalize {
		return badUse("--normalize keeps one point of each timestamp, of any column; it needs one --value-column")
	}
	return nil
}

// keyedOptions are the options of the input of a run that may have keys.
func (c *runCommand) keyedOptions(engine *runEngine) input.Options {
	opts := c.readerOptions(engine.Engine)
	if c.GroupBy != "" {
		opts.Keys = c.keyNames()
	}
	return opts
}

// usable returns how many points of a piece are before the first fault of a key or a timestamp, and the fault.
func (c *runCommand) usable(p *input.Piece) (n int, fault error) {
	var last []byte // of the keys that were checked
	for i, point := range p.Points {
		message := ""
		if key := p.Key(i); !isSame(key, last) {
			last, message = key, badKey(key, c.GroupBy)
		}
		if !c.grid.Valid(point.Timestamp) {
			message = c.grid.Clock().Explain(point.Timestamp)
		}
		if message != "" {
			return i, &input.DataError{Position: p.Locate(i), Message: message}
		}
	}
	return len(p.Points), nil
}

// isSame reports whether a key is in the same memory as another one, as the keys of a dictionary are.
func isSame(key, other []byte) bool {
	return len(key) > 0 && len(key) == len(other) && &key[0] == &other[0]
}

// badKey says what is wrong with a key, if anything is.
func badKey(key []byte, groupBy string) string {
	switch {
	case len(key) > stream.MaxKeySize:
		return fmt.Sprintf("a key of %d bytes, of %q; at most %d are allowed", len(key), groupBy, stream.MaxKeySize)
	case !utf8.Valid(key):
		return fmt.Sprintf("a key that is not UTF-8, %.60q, of %q; convert the input to UTF-8 before", key, groupBy)
	}
	return ""
}

// keyCount says how many keys there are.
func (c *runCommand) keyCount(n uint64, estimated bool) string {
	text := fmt.Sprintf("%s of %s", count(n, "value"), c.GroupBy)
	if estimated {
		text = "about " + text
	}
	return text
}

// noteLoneKeys says that nearly every record has a key of its own, as times and numbers of records are: the result is then
// the input again.
func (c *runCommand) noteLoneKeys(w io.Writer, stats window.TableStats, columns int) {
	const some, most = 1000, 0.9
	if c.GroupBy != "" && stats.Keys >= some && float64(stats.Keys)*float64(columns) >= most*float64(stats.Points) {
		fmt.Fprintf(w, "note: nearly each record has a value of %s of its own; is it a time, or the number of a record?\n", c.GroupBy)
	}
}

// checkKeys checks the number of keys.
func (f *folding) checkKeys(p *input.Piece) error {
	if f.MaxKeys == notGiven {
		return nil
	}
	for i := range p.Points {
		if _, known := f.keys[string(p.Key(i))]; known {
			continue
		}
		if len(f.keys) == f.MaxKeys {
			return fmt.Errorf("%s: --max-keys %d: limit reached: there are more values of %s", p.Locate(i), f.MaxKeys, f.GroupBy)
		}
		f.keys[string(p.Key(i))] = struct{}{}
	}
	return nil
}

// atLimit explains an error about a limit: the option, and where in the input it was reached.
func (c *runCommand) atLimit(p *input.Piece, i int, err error) error {
	var limit *gohost.LimitError
	if !errors.As(err, &limit) || i >= len(p.Points) {
		return err
	}
	switch limit.Which {
	case stream.LimitKeys:
		return fmt.Errorf("%s: --max-keys %d: %w", p.Locate(i), c.maxKeys(), err)
	case stream.LimitWindows, stream.LimitMemory:
		return fmt.Errorf("%s: %w; choose a longer --window, or fewer keys", p.Locate(i), err)
	}
	return err
}

// maxKeys is --max-keys with --follow.
func (c *runCommand) maxKeys() int {
	if c.MaxKeys == notGiven {
		return defaultMaxKeys
	}
	return c.MaxKeys
}
