package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/cmd/pipeline/internal/chart"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/internal/epoch"
)

// inputFlags say what the datapoints are read from, and how.
type inputFlags struct {
	File string `arg:"" optional:"" name:"file" help:"File of datapoints, or - for standard input, a directory for the files in it and below it, or a pattern such as 'logs/**/*.csv'."`

	Format      input.Format      `group:"Input" enum:"auto,json,ndjson,csv,influx,packed,parquet,arrow" default:"auto" help:"Format of the data: ${enum}."`
	Compression input.Compression `group:"Input" enum:"auto,none,gzip,zstd,xz,bzip2" default:"auto" help:"Compression of the file: ${enum}."`
	Unit        epoch.Unit        `group:"Input" enum:"auto,s,ms,us,ns" default:"auto" help:"Unit of timestamps since 1970-01-01 UTC: ${enum}. The first records decide, or with --follow, --module and detect --plugin it is s."`
	TimeColumn  string            `group:"Input" placeholder:"NAME" help:"Column of CSV or field of JSON with the time, such as meta.at. The default is one with a common name."`
	ValueColumn []string          `group:"Input" sep:"none" placeholder:"NAME" help:"Column or field of the value; several give rows for each. The default is one with a common name, or the only one."`
	Records     string            `group:"Input" placeholder:"PATH" help:"The array of records in a document of JSON, such as data.items (default: the document)."`
	TimeFormat  string            `group:"Input" placeholder:"FORMAT" help:"Format of times, as of strftime: '%d/%m/%Y %H:%M', or '%Y-%m' for months. The default is numbers, or RFC 3339 and what is like it."`
	TZ          zoneFlag          `group:"Input" name:"tz" placeholder:"AREA/CITY" help:"Time zone of times that have none, and of windows, whose default is UTC."`
	AssumeUTC   bool              `group:"Input" name:"assume-utc" help:"Times that have no time zone are in UTC."`
	Ambiguous   string            `group:"Input" enum:"error,earlier,later" default:"error" help:"Which instant a time is that the clocks of --tz showed twice when they were set back: ${enum}."`
	Decimal     byteFlag          `group:"Input" placeholder:"MARK" help:"Decimal mark of numbers in CSV: '.' or ',' (default '.')."`
	Thousands   byteFlag          `group:"Input" placeholder:"MARK" help:"Mark between groups of three digits in CSV, such as ',', or ' ' for any space (default: none)."`
	Comment     byteFlag          `group:"Input" placeholder:"MARK" help:"Lines of CSV that begin with it are left out, such as '#' (default: none)."`
	Missing     string            `group:"Input" enum:"error,skip" default:"error" help:"What becomes of values that are missing, such as empty cells, NA and null: ${enum}."`
	MissingText []string          `group:"Input" sep:"none" placeholder:"TEXT" help:"Another text that stands for a missing value, such as '#DIV/0!' or -999; it may be given several times."`
	Bad         badFlag           `group:"Input" default:"error" placeholder:"POLICY" help:"What becomes of records that do not parse: error, skip:N to leave out up to N, or quarantine:FILE to write them to FILE, with file, line and reason, as JSON lines (default error)."`

	unitGiven bool
}

// optionNames are the flags that choose how the input is read.
var optionNames = input.Names{
	Format: "--format", Time: "--time-column", Values: "--value-column", Keys: "--group-by", Records: "--records",
	Unit: "--unit", Ambiguous: "--ambiguous", TimeFormat: "--time-format", Location: "--tz or --assume-utc",
	Decimal: "--decimal", Thousands: "--thousands", Comment: "--comment", Missing: "--missing", MissingTexts: "--missing-text", Bad: "--bad",
}

// readerOptions returns how a reader reads.
func (f *inputFlags) readerOptions(engine *gohost.Engine) input.Options {
	opts := f.options()
	opts.Validate = engine.AppendValidated
	return opts
}

func (f *inputFlags) options() input.Options {
	opts := input.Options{
		Format:       f.Format,
		Time:         f.TimeColumn,
		Values:       f.ValueColumn,
		Records:      f.Records,
		Unit:         f.Unit,
		TimeFormat:   f.TimeFormat,
		Location:     f.TZ.Location,
		Decimal:      byte(f.Decimal),
		Thousands:    byte(f.Thousands),
		Comment:      byte(f.Comment),
		MissingTexts: f.MissingText,
		Bad:          input.BadPolicy{Max: f.Bad.max},
		Names:        optionNames,
	}
	if f.AssumeUTC {
		opts.Location = time.UTC
	}
	if f.Ambiguous != "error" { // the name of the default
		opts.Ambiguous = input.Ambiguous(f.Ambiguous)
	}
	if f.Missing == string(input.MissingSkip) {
		opts.Missing = input.MissingSkip
	}
	return opts
}

// checkInput rejects flags that are wrong whatever the input is. A fixed unit is not guessed.
func (f *inputFlags) checkInput(fixed bool) error {
	f.unitGiven = f.Unit != input.AutoUnit
	if f.Format == input.Parquet && f.Compression != input.AnyCompression && f.Compression != input.NoCompression {
		return badUse("--compression %s: a Parquet file compresses its pages; decompress the file itself first", f.Compression)
	}
	if fixed && f.Unit == input.AutoUnit {
		f.Unit = input.Second
	}
	if f.options().Ambiguous != input.AmbiguousError && (f.TZ.Location == nil || f.AssumeUTC) {
		return badUse("--ambiguous %s is of the clocks of --tz: name that", f.Ambiguous)
	}
	if err := f.options().Check(); err != nil {
		return badUse("%s", strings.TrimPrefix(err.Error(), gohost.ErrInvalidInput.Error()+": "))
	}
	return nil
}

// checkReader rejects flags that the reader has no use for, and that are not options of it.
func (f *inputFlags) checkReader(r *input.Reader) error {
	switch {
	case f.AssumeUTC && (r.Format == input.Packed || r.Format == input.LineProtocol):
		return badUse("--assume-utc needs times that are texts; the format is %s", r.Format)
	case f.unitGiven && r.TypedTimes():
		return badUse("--unit is of times that are numbers; those of this column have their unit")
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
