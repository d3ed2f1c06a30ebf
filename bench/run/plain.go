package main

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
)

// plainGo is the argument that makes this program the one that it compares with.
const plainGo = "plain"

type day struct {
	count                int
	mean, squares, total float64
}

func (d *day) add(v float64) {
	d.count++
	d.total += v
	delta := v - d.mean
	d.mean += delta / float64(d.count)
	d.squares += delta * (v - d.mean)
}

// plain computes the days of a file as a Go program does with the standard library.
func plain(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	days := map[uint64]*day{}
	add := func(timestamp uint64, value float64) {
		d := days[timestamp/86400]
		if d == nil {
			d = &day{}
			days[timestamp/86400] = d
		}
		d.add(value)
	}
	in := bufio.NewReaderSize(file, 1<<20)
	if filepath.Ext(path) == ".csv" {
		err = rows(in, add)
	} else {
		err = objects(in, add)
	}
	if err != nil {
		return err
	}
	out := bufio.NewWriter(os.Stdout)
	for start, d := range days {
		fmt.Fprintf(out, "%d,%d,%v,%v,%v\n", start, d.count, d.mean, d.squares/float64(d.count), d.total)
	}
	return out.Flush()
}

func objects(in io.Reader, add func(uint64, float64)) error {
	decoder := json.NewDecoder(in)
	for {
		var point struct {
			Timestamp uint64  `json:"timestamp"`
			Value     float64 `json:"value"`
		}
		if err := decoder.Decode(&point); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		add(point.Timestamp, point.Value)
	}
}

func rows(in io.Reader, add func(uint64, float64)) error {
	reader := csv.NewReader(in)
	reader.ReuseRecord = true
	if _, err := reader.Read(); err != nil {
		return err
	}
	for {
		row, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		timestamp, err := strconv.ParseUint(row[0], 10, 64)
		if err != nil {
			return err
		}
		value, err := strconv.ParseFloat(row[1], 64)
		if err != nil {
			return err
		}
		add(timestamp, value)
	}
}
