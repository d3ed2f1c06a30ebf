package main

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
)

// write writes points of about so many bytes: two a second, with two digits behind the point, and a random
// key of so many, or none.
func write(path, format string, keys int, size int64) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriterSize(file, 1<<20)
	random := rand.New(rand.NewPCG(1, 2))
	var line []byte
	if format == "csv" {
		line = append(line, "timestamp,value\n"...)
		if keys > 0 {
			line = append(line[:0], "timestamp,key,value\n"...)
		}
	}
	for written, i := int64(0), int64(0); written < size; i++ {
		at, value := 1262304000+i/2, float64(random.IntN(20000)-5000)/100
		if format == "csv" {
			line = append(strconv.AppendInt(line, at, 10), ',')
			if keys > 0 {
				line = fmt.Appendf(line, "k%07d,", random.IntN(keys))
			}
			line = append(strconv.AppendFloat(line, value, 'f', -1, 64), '\n')
		} else {
			line = strconv.AppendInt(append(line, `{"timestamp": `...), at, 10)
			line = strconv.AppendFloat(append(line, `, "value": `...), value, 'f', -1, 64)
			line = append(line, "}\n"...)
		}
		n, err := out.Write(line)
		if err != nil {
			return err
		}
		written += int64(n)
		line = line[:0]
	}
	return out.Flush()
}
