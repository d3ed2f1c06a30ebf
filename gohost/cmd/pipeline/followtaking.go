package main

import (
	"fmt"
	"io"
	"io/fs"
	"os"

	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/checkpoint"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/sources"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

// A followTaking is the taking of a run that follows. Its quarantine is added to from the start on.
type followTaking struct {
	taking
	file *appendedFile // of the quarantine; nil without one
}

func newFollowTaking(policy badFlag) *followTaking {
	return &followTaking{taking: taking{policy: policy}}
}

// goOn begins with the counts of a checkpoint.
func (t *followTaking) goOn(counts input.Counts) {
	t.counts, t.bad = counts, counts.Bad
}

// count adds what a reader has taken since its counts were before. It is for who has the following's lock.
func (t *followTaking) count(before, now input.Counts) {
	t.counts.Add(input.Counts{
		Records: now.Records - before.Records, Points: now.Points - before.Points,
		Missing: now.Missing - before.Missing, Bad: now.Bad - before.Bad,
	})
}

// flush writes what was added to the quarantine.
func (t *followTaking) flush() error {
	if t.file == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if err := t.file.Flush(); err != nil {
		return fmt.Errorf("--bad quarantine: %w", plainPathError(err))
	}
	return nil
}

// size returns the size of the quarantine.
func (t *followTaking) size() int64 {
	if t.file == nil {
		return 0
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.file.size
}

// checkFiles refuses files to write to that are inputs, or one file for two things.
func (f *following) checkFiles(stdin io.Reader) error {
	files := []written{{"--checkpoint", f.Checkpoint}, {"--late", f.Late}, {"--bad quarantine", f.Bad.file}}
	return checkWritten(files, func(info fs.FileInfo) bool { return isAnyFile(f.inputs(), stdin, info) })
}

// openAppended opens the files that the run adds to. What was added after the checkpoint is removed.
func (f *following) openAppended(from checkpoint.Checkpoint, notes io.Writer) error {
	open := func(option, name string) (*appendedFile, error) {
		file, err := openAppended(name)
		if err != nil {
			return nil, badUse("%s: %w", option, plainPathError(err))
		}
		if at, known := from.Appended[option]; known {
			fits, err := file.goOn(at)
			if err != nil {
				return file, fmt.Errorf("%s: %w", option, plainPathError(err))
			}
			if !fits {
				fmt.Fprintf(notes, "note: %s: %s is not what the run before wrote: what that added after the checkpoint may be there twice\n", option, name)
			}
		}
		return file, nil
	}
	if f.Late != "" {
		file, err := open("--late", f.Late)
		if file != nil {
			f.late = newLateFile(file, f.head())
		}
		if err != nil {
			return err
		}
		if err := f.late.begin(); err != nil {
			return badUse("--late: %w", plainPathError(err))
		}
	}
	if f.Bad.file == "" {
		return nil
	}
	if info, err := os.Stat(f.Bad.file); err == nil && !info.Mode().IsRegular() {
		return badUse("--bad quarantine: %s is not a regular file", f.Bad.file)
	}
	file, err := open("--bad quarantine", f.Bad.file)
	f.taking.file = file
	if err != nil {
		return err
	}
	f.taking.aside = &quarantine{name: f.Bad.file, file: file.file, out: file}
	if err := file.checkEnd(); err != nil {
		return badUse("--bad quarantine: %w", plainPathError(err))
	}
	return nil
}

// closeAppended closes the files, and returns an error, or that of closing.
func (f *following) closeAppended(err error) error {
	if f.late != nil {
		closeErr := f.late.flush()
		if fileErr := f.late.close(); closeErr == nil {
			closeErr = fileErr
		}
		if err == nil && closeErr != nil {
			err = fmt.Errorf("--late: %w", plainPathError(closeErr))
		}
	}
	if f.taking.file != nil {
		closeErr := f.taking.file.close()
		if err == nil && closeErr != nil {
			err = fmt.Errorf("--bad quarantine: %w", plainPathError(closeErr))
		}
	}
	return err
}

// appendedPlaces returns the places of the files at the mark, for a checkpoint.
func (f *following) appendedPlaces() (map[string]sources.Place, error) {
	places := map[string]sources.Place{}
	add := func(option string, file *appendedFile, size int64) error {
		at, err := file.place(size)
		if err != nil {
			return fmt.Errorf("%s: %w", option, plainPathError(err))
		}
		if at != nil {
			places[option] = *at
		}
		return nil
	}
	if f.late != nil {
		if err := f.late.flush(); err != nil {
			return nil, fmt.Errorf("--late: %w", plainPathError(err))
		}
		if err := add("--late", f.late.appendedFile, f.mark.late); err != nil {
			return nil, err
		}
	}
	if f.taking.file != nil {
		f.taking.mu.Lock()
		defer f.taking.mu.Unlock()
		if err := add("--bad quarantine", f.taking.file, f.mark.quarantined); err != nil {
			return nil, err
		}
	}
	return places, nil
}

// addLate adds a late point to its file.
func (f *following) addLate(p stream.Late) error {
	row := window.Row{Key: p.Key}
	err := f.points.unkey(&row)
	if err != nil {
		return err
	}
	return f.late.add(p, &row)
}
