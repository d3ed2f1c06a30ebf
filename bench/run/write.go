package main

import (
	"bufio"
	"errors"
	"os"
	"path/filepath"
	"strconv"
)

// write writes the same points as NDJSON, of about size bytes, and CSV, and returns how many there
// are: one a minute, with a digit behind the point.
func write(dir string, size int64) (points int, err error) {
	lines, err := os.Create(filepath.Join(dir, "points.ndjson"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, lines.Close()) }()
	rows, err := os.Create(filepath.Join(dir, "points.csv"))
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	ndjson, table := bufio.NewWriterSize(lines, 1<<20), bufio.NewWriterSize(rows, 1<<20)
	if _, err := table.WriteString("timestamp,value\n"); err != nil {
		return 0, err
	}
	var line, row []byte
	for written := int64(0); written < size; points++ {
		at, value := int64(1262304000+60*points), 39.4+float64(points*7919%4000)/10
		line = strconv.AppendInt(append(line[:0], `{"timestamp": `...), at, 10)
		line = strconv.AppendFloat(append(line, `, "value": `...), value, 'f', 1, 64)
		line = append(line, "}\n"...)
		row = append(strconv.AppendInt(row[:0], at, 10), ',')
		row = append(strconv.AppendFloat(row, value, 'f', 1, 64), '\n')
		if _, err := ndjson.Write(line); err != nil {
			return 0, err
		}
		if _, err := table.Write(row); err != nil {
			return 0, err
		}
		written += int64(len(line))
	}
	return points, errors.Join(ndjson.Flush(), table.Flush())
}
