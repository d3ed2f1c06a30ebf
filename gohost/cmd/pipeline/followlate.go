package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"os"
	"strconv"

	"example.org/compute-pipeline/gohost/internal/report"
	"example.org/compute-pipeline/gohost/stream"
	"example.org/compute-pipeline/gohost/window"
)

// A lateFile has the points that came too late for their windows, as CSV.
type lateFile struct {
	*appendedFile
	rows *csv.Writer
	head report.Head // of the results: late points have the same labels
}

func newLateFile(file *appendedFile, head report.Head) *lateFile {
	return &lateFile{appendedFile: file, rows: csv.NewWriter(file), head: head}
}

// begin writes a header if the file is empty, and refuses one with another header.
func (l *lateFile) begin() error {
	if !l.regular || l.size == 0 {
		return l.rows.Write(l.header())
	}
	var header bytes.Buffer
	row := csv.NewWriter(&header)
	if err := row.Write(l.header()); err != nil {
		return err
	}
	row.Flush()
	file, err := os.Open(l.file.Name())
	if err != nil {
		return err
	}
	defer file.Close()
	first, err := io.ReadAll(io.LimitReader(file, int64(header.Len())))
	if err != nil {
		return err
	}
	if !bytes.Equal(first, header.Bytes()) {
		line, _, _ := bytes.Cut(first, []byte("\n"))
		return fmt.Errorf("%s: its first line is %q, expected %q", l.file.Name(), line, bytes.TrimSpace(header.Bytes()))
	}
	return l.checkEnd()
}

func (l *lateFile) header() []string { return append(l.head.LabelNames(), "timestamp", "value") }

// add adds a point with the labels of a row.
func (l *lateFile) add(p stream.Late, labels *window.Row) error {
	cells := append(l.head.Labels(labels), strconv.FormatUint(p.Timestamp, 10), strconv.FormatFloat(p.Value, 'g', -1, 64))
	return l.rows.Write(cells)
}

// flush writes what was added. Without a file there is nothing.
func (l *lateFile) flush() error {
	if l == nil {
		return nil
	}
	l.rows.Flush()
	if err := l.rows.Error(); err != nil {
		return err
	}
	return l.out.Flush()
}
