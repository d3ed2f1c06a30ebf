package main

import (
	"bufio"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
)

// parts is the number of files that the points are in for the edge.
const parts = 4

// generate writes as many points as one JSON array, points.json, and as parts, part0.json and so
// on. They are an hour apart; a wave by day and year, noise, and few large values, as sensors
// that fail give.
func generate(dir string, points int) error {
	random := rand.New(rand.NewPCG(12, 5))
	whole, err := newArray(filepath.Join(dir, "points.json"))
	if err != nil {
		return err
	}
	var part *array
	for i := range points {
		if i*parts%points < parts {
			if err := part.close(); err != nil {
				return err
			}
			if part, err = newArray(filepath.Join(dir, partName(i*parts/points))); err != nil {
				return err
			}
		}
		hour := float64(i)
		value := 20 + 10*math.Sin(hour*2*math.Pi/24) + 15*math.Sin(hour*2*math.Pi/8766) + random.NormFloat64()
		if random.IntN(1000) == 0 {
			value *= 1e6
		}
		value = math.Round(value*1000) / 1000
		line := fmt.Sprintf(`{"timestamp":%d,"value":%s}`, 1_262_304_000+i*3600, strconv.FormatFloat(value, 'f', -1, 64))
		whole.add(line)
		part.add(line)
	}
	if err := part.close(); err != nil {
		return err
	}
	return whole.close()
}

func partName(i int) string { return fmt.Sprintf("part%d.json", i) }

// An array is a file of a JSON array.
type array struct {
	file  *os.File
	w     *bufio.Writer
	comma string
}

func newArray(path string) (*array, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	a := &array{file: file, w: bufio.NewWriter(file)}
	_, err = a.w.WriteString("[")
	return a, err
}

// add adds a value. The writer keeps its first error for close.
func (a *array) add(value string) {
	_, _ = a.w.WriteString(a.comma + value)
	a.comma = ","
}

// close ends the array; there need not be one.
func (a *array) close() error {
	if a == nil {
		return nil
	}
	_, _ = a.w.WriteString("]")
	if err := a.w.Flush(); err != nil {
		return err
	}
	return a.file.Close()
}
