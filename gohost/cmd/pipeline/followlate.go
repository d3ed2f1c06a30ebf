package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"example.org/compute-pipeline/gohost/stream"
)

// A lateFile has the points that came too late for their windows, as CSV.
type lateFile struct {
	file  *os.File
	rows  *csv.Writer
	keyed bool // with a column of keys
}

// openLate opens a file to append to. It writes a header if the file is empty, and refuses one with
// another header.
func openLate(name string, keyed bool) (*lateFile, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	l := &lateFile{file: file, rows: csv.NewWriter(file), keyed: keyed}
	if err := l.begin(); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return l, nil
}

func (l *lateFile) begin() error {
	info, err := l.file.Stat()
	if err != nil {
		return err
	}
	if info.Size() == 0 {
		return l.write("key", "timestamp", "value")
	}
	header := "timestamp,value"
	if l.keyed {
		header = "key," + header
	}
	file, err := os.Open(l.file.Name())
	if err != nil {
		return err
	}
	defer file.Close()
	const most = 100
	first, err := io.ReadAll(io.LimitReader(file, most))
	if err != nil {
		return err
	}
	if line, _, _ := strings.Cut(string(first), "\n"); line != header {
		return fmt.Errorf("%s: its first line is %q, expected %q", l.file.Name(), line, header)
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, info.Size()-1); err != nil || last[0] == '\n' {
		return err
	}
	return fmt.Errorf("%s ends within a row, as a run that was killed leaves it; remove what is after its last line", l.file.Name())
}

func (l *lateFile) add(p stream.Late) error {
	return l.write(p.Key, strconv.FormatUint(p.Timestamp, 10), strconv.FormatFloat(p.Value, 'g', -1, 64))
}

func (l *lateFile) write(key string, cells ...string) error {
	if l.keyed {
		cells = append([]string{key}, cells...)
	}
	return l.rows.Write(cells)
}

// flush writes what was added. Without a file there is nothing.
func (l *lateFile) flush() error {
	if l == nil {
		return nil
	}
	l.rows.Flush()
	return l.rows.Error()
}

func (l *lateFile) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.flush(), l.file.Close())
}
