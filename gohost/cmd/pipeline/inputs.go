package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/database"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// findInputs finds the files of a run that reads them to their ends.
func (c *runCommand) findInputs(stdin io.Reader) (*sources.Set, error) {
	if c.From != "" {
		return sources.Other(database.Name(c.From)), nil
	}
	set, err := sources.Find(c.inputs())
	if err != nil {
		return nil, usageError{plainPathError(err)}
	}
	if file, ok := stdin.(*os.File); ok {
		if info, err := file.Stat(); err == nil {
			if name := set.Twice(info); name != "" {
				return nil, badUse("%s is standard input, too, and would count twice", name)
			}
		}
	}
	if c.Normalize && set.Len() > 1 {
		return nil, badUse("--normalize keeps the last point of each timestamp; of several files none is the last: give it one")
	}
	return set, nil
}

// readInputs reads all files of a run, whose first one decides the unit of timestamps: several at the same time, unless they are in order. Begin and read are
// those of [sources.Reading].
func (c *runCommand) readInputs(ctx context.Context, set *sources.Set, std streams, how sources.Reading) error {
	begin := how.Begin
	how.Begin = func(r *input.Reader) error {
		if err := c.checkReader(r); err != nil && c.Module == "" {
			return err
		}
		c.Unit = r.Unit()
		if err := c.openGrid(window.Clock{Unit: r.Unit(), Origin: r.Origin()}); err != nil {
			return err
		}
		return begin(r)
	}
	// A module may make something of the timestamps themselves.
	how.Options.Early = c.Module == ""
	how.Stdin, how.Compression, how.Parallel = std.in, c.Compression, c.pieces()
	taken, err := readData(ctx, c.Bad, &c.databaseFlags, set, std.err, how)
	if err == nil {
		c.taken = taken
	}
	return err
}

// readData reads all of a set, or of a database, with a policy for bad records. It notes what was guessed and left
// out, and returns the counts.
func readData(ctx context.Context, bad badFlag, db *databaseFlags, set *sources.Set, notes io.Writer, how sources.Reading) (input.Counts, error) {
	how.Options.Several = set.Len() > 1
	taking := newTaking(&how, bad)
	each := set.Each
	if db.From != "" {
		each = db.eachRow
	}
	empty, err := each(ctx, how)
	err = taking.aside.end(err)
	var unopened *sources.OpenError
	if errors.As(err, &unopened) {
		return input.Counts{}, usageError{plainPathError(err)}
	}
	if err == nil {
		noteFiles(notes, "without points", empty)
		if n := set.Repeated; n > 0 {
			fmt.Fprintf(notes, "note: %s left out: links to files that are read\n", count(uint64(n), "name"))
		}
		taking.note(notes)
	}
	return taking.counts, err
}

// noteFiles says what is with some of many files.
func noteFiles(w io.Writer, what string, names []string) {
	const most = 5
	if len(names) == 0 {
		return
	}
	shown, more := names[:min(most, len(names))], ""
	if len(names) > most {
		more = ", …"
	}
	fmt.Fprintf(w, "note: %s %s: %s%s\n", count(uint64(len(names)), "file"), what, strings.Join(shown, ", "), more)
}
