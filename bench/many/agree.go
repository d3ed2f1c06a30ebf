package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
)

// agree compares the rows of both programs. Ours have a header and more columns.
func agree(ours, theirs string, keyed bool) (err error) {
	a, err := os.Open(ours)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := os.Open(theirs)
	if err != nil {
		return err
	}
	defer b.Close()
	left, right := csv.NewReader(a), csv.NewReader(b)
	if _, err := left.Read(); err != nil {
		return err
	}
	for n := 1; ; n++ {
		own, errOwn := left.Read()
		other, errOther := right.Read()
		if errors.Is(errOwn, io.EOF) && errors.Is(errOther, io.EOF) {
			return nil
		}
		if err := errors.Join(errOwn, errOther); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
		other = other[1:] // the window
		if keyed {
			if own[0] != other[0] {
				return fmt.Errorf("row %d: the keys are %q and %q", n, own[0], other[0])
			}
			own, other = own[1:], other[1:]
		}
		// Of ours: start, end, count, mean, variance, stddev, min, max, sum.
		for i, column := range []int{2, 3, 4, 6, 7, 8} {
			x, errX := strconv.ParseFloat(own[column], 64)
			y, errY := strconv.ParseFloat(other[i], 64)
			if err := errors.Join(errX, errY); err != nil {
				return fmt.Errorf("row %d: %w", n, err)
			}
			if !near(x, y, i) {
				return fmt.Errorf("row %d: %v and %v", n, own, other)
			}
		}
	}
}

// near compares counts and extremes exactly, and moments as far as sums that round have them.
func near(x, y float64, column int) bool {
	switch column {
	case 0, 3, 4:
		return x == y
	}
	return math.Abs(x-y) <= 1e-6*max(1, math.Abs(x))
}
