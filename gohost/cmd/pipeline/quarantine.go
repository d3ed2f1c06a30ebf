package main

import (
	"bufio"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"unicode/utf8"

	"example.org/compute-pipeline/gohost/input"
)

// A quarantine is a file of the records that were left out. It gets its name when all inputs have been
// read, so it is whole or not there.
type quarantine struct {
	name string
	file *os.File // nil before the first record
	out  flusher
}

type flusher interface {
	io.Writer
	Flush() error
}

// A quarantined record is a line of the file.
type quarantined struct {
	File   string `json:"file,omitempty"`
	Row    int64  `json:"row,omitempty"` // of columns or a database
	Line   int64  `json:"line,omitempty"`
	Column int64  `json:"column,omitempty"`
	Offset *int64 `json:"offset,omitempty"`
	Reason string `json:"reason"`
	Record string `json:"record,omitempty"`
	Bytes  []byte `json:"record_base64,omitempty"` // of a record that is not UTF-8
}

// begin makes the file, under another name.
func (q *quarantine) begin() (err error) {
	if q.file != nil {
		return nil
	}
	before, statErr := os.Stat(q.name)
	if statErr == nil && !before.Mode().IsRegular() {
		return fmt.Errorf("--bad quarantine: %s is not a regular file", q.name)
	}
	other := filepath.Join(filepath.Dir(q.name), "."+filepath.Base(q.name)+"."+rand.Text()+".tmp")
	if q.file, err = os.OpenFile(other, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666); err != nil {
		return fmt.Errorf("--bad quarantine: %w", plainPathError(err))
	}
	if statErr == nil { // what it replaces may be secret
		if err := q.file.Chmod(before.Mode().Perm()); err != nil {
			return errors.Join(fmt.Errorf("--bad quarantine: %w", plainPathError(err)), q.file.Close(), os.Remove(other))
		}
	}
	q.out = bufio.NewWriter(q.file)
	return nil
}

func (q *quarantine) add(file string, b input.BadRecord) error {
	if err := q.begin(); err != nil {
		return err
	}
	line := quarantined{File: file, Row: b.Position.Row, Line: b.Position.Line, Column: b.Position.Column, Reason: b.Message}
	if b.Position.Offset >= 0 {
		line.Offset = &b.Position.Offset
	}
	if utf8.Valid(b.Text) {
		line.Record = string(b.Text)
	} else {
		line.Bytes = b.Text
	}
	return json.NewEncoder(q.out).Encode(line)
}

// end names the file if all inputs were read, and else removes it. It returns that error, or its own.
// Without bad records the file is empty.
func (q *quarantine) end(err error) error {
	if q == nil || err != nil && q.file == nil {
		return err
	}
	if err == nil {
		err = q.begin()
	}
	if q.file == nil {
		return err
	}
	if err == nil {
		err = errors.Join(q.out.Flush(), q.file.Sync())
	}
	err = errors.Join(err, q.file.Close())
	if err == nil {
		err = os.Rename(q.file.Name(), q.name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(q.file.Name()))
	}
	return nil
}
