package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"strconv"

	"example.org/compute-pipeline/gohost/stream"
)

// A lateFile has the points that came too late for their windows, as CSV.
type lateFile struct {
	file *os.File
	rows *bufio.Writer
}

// openLate opens a file to append to. It writes a header if the file is empty.
func openLate(name string) (*lateFile, error) {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return nil, err
	}
	l := &lateFile{file: file, rows: bufio.NewWriter(file)}
	info, err := file.Stat()
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	if info.Size() == 0 {
		fmt.Fprintln(l.rows, "timestamp,value")
	}
	return l, nil
}

func (l *lateFile) add(p stream.Late) error {
	_, err := fmt.Fprintf(l.rows, "%d,%s\n", p.Timestamp, strconv.FormatFloat(p.Value, 'g', -1, 64))
	return err
}

// flush writes what was added. Without a file there is nothing.
func (l *lateFile) flush() error {
	if l == nil {
		return nil
	}
	return l.rows.Flush()
}

func (l *lateFile) close() error {
	if l == nil {
		return nil
	}
	return errors.Join(l.rows.Flush(), l.file.Close())
}
