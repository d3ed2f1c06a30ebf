package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/chart"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

// inputFlags say what the datapoints are read from, and how.
type inputFlags struct {
	File string `arg:"" name:"file" help:"File of datapoints, or - for standard input, a directory for the files in it and below it, or a pattern such as 'logs/**/*.csv'."`

	Format      input.Format      `group:"Input" enum:"auto,json,ndjson,csv,packed" default:"auto" help:"Format of the data: ${enum}."`
	Compression input.Compression `group:"Input" enum:"auto,none,gzip,zstd,xz,bzip2" default:"auto" help:"Compression of the file: ${enum}."`
	Unit        epoch.Unit        `group:"Input" enum:"s,ms,us,ns" default:"s" help:"Unit of timestamps since 1970-01-01 UTC: ${enum}."`
	TimeColumn  string            `group:"Input" placeholder:"NAME" help:"CSV column of the timestamp (integers or RFC 3339). The default is a column with a common name."`
	ValueColumn []string          `group:"Input" sep:"none" placeholder:"NAME" help:"CSV column of the value. The default is a column with a common name."`
}

// optionNames are the flags that choose how the input is read.
var optionNames = input.Names{Format: "--format", Time: "--time-column", Values: "--value-column", Keys: "--group-by"}

// readerOptions returns how a reader reads.
func (f *inputFlags) readerOptions(engine *gohost.Engine) input.Options {
	return input.Options{
		Format:   f.Format,
		Validate: engine.AppendValidated,
		Time:     f.TimeColumn,
		Values:   f.ValueColumn,
		Unit:     f.Unit,
		Names:    optionNames,
	}
}

// checkValues rejects several columns of values.
func (f *inputFlags) checkValues() error {
	if len(f.ValueColumn) > 1 {
		return badUse("--value-column names one column, found %s", strings.Join(f.ValueColumn, ", "))
	}
	return nil
}

func (f *inputFlags) inputName() string {
	if f.File == "-" {
		return "standard input"
	}
	return f.File
}

// plainReadError drops the file's name, which already precedes the error.
func plainReadError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// checkPlot rejects a name of a plot that cannot be written, by checkName, and labels without a plot.
func checkPlot(name, title, valueLabel string, checkName func(string) error) error {
	if name == "" {
		if title != "" || valueLabel != "" {
			return badUse("--title and --value-label need --plot")
		}
		return nil
	}
	if err := checkName(name); err != nil {
		return badUse("--plot: %w", err)
	}
	dir := filepath.Dir(name)
	if info, err := os.Stat(dir); err != nil {
		return badUse("--plot: %w", plainPathError(err))
	} else if !info.IsDir() {
		return badUse("--plot: %s is not a directory", dir)
	}
	return nil
}

// plotLabels returns the labels that were chosen, or else the input's name, and that of the CSV
// column of the values.
func plotLabels(title, value, inputName, column, mean string) chart.Labels {
	labels := chart.Labels{Title: title, Value: value, Mean: mean}
	if labels.Title == "" {
		labels.Title = strings.TrimPrefix(filepath.Base(inputName), "-")
	}
	if labels.Value == "" {
		labels.Value = column
	}
	if labels.Value == "" {
		labels.Value = "Value"
	}
	return labels
}
