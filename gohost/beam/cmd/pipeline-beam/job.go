package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"example.org/compute-pipeline/gohost/beam/transform"
	"example.org/compute-pipeline/gohost/input"
)

// Job is what a pipeline is to do.
type Job struct {
	Input        string
	SplitSize    int64 // in bytes; 0 is transform's default
	Compression  input.Compression
	CellNewlines bool // of CSV
	Validate     transform.ValidateFn
	Output       string
	OutputFormat string // csv or ndjson
	Faults       string // if empty, a fault fails the pipeline
}

// Check rejects a job before anything runs.
func (j *Job) Check() error {
	switch {
	case j.Input == "":
		return errors.New("--input is missing")
	case j.Output == "":
		return errors.New("--output is missing")
	case j.SplitSize < 0:
		return fmt.Errorf("--split_size %d is negative", j.SplitSize)
	case j.OutputFormat != "csv" && j.OutputFormat != "ndjson":
		return fmt.Errorf("--output_format %q: expected csv or ndjson", j.OutputFormat)
	}
	if j.CellNewlines && j.Validate.Format != transform.CSV {
		return errors.New("--cell_newlines needs --format csv")
	}
	for _, path := range []string{j.Input, j.Output, j.Faults} {
		if err := checkScheme(path); err != nil {
			return err
		}
	}
	return errors.Join(j.reading().Check(), j.Validate.Check())
}

func (j *Job) reading() *transform.ReadFn {
	return &transform.ReadFn{
		Format: j.Validate.Format, Compression: j.Compression, CellNewlines: j.CellNewlines, SplitSize: j.SplitSize,
	}
}

// checkScheme returns what filesystem.ValidateScheme panics with.
func checkScheme(path string) (err error) {
	if path == "" {
		return nil
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	filesystem.ValidateScheme(path)
	return nil
}

// Run runs the job on the runner that the flags choose, and waits for its end unless they say
// otherwise.
//
// A local file gets its name when the job has succeeded, since Prism may run what comes after a
// bundle that failed before it stops. Object stores are for other runners, and they do not.
func (j *Job) Run(ctx context.Context) error {
	if err := j.Check(); err != nil {
		return err
	}
	commit := j.commits()
	pipeline, s := beam.NewPipelineWithRoot()
	j.build(s, commit.partial)
	if err := beamx.Run(ctx, pipeline); err != nil {
		return errors.Join(err, commit.drop())
	}
	return commit.rename()
}

// build adds the steps of the job. It writes to the names that a function gives for files.
func (j *Job) build(s beam.Scope, name func(string) string) {
	texts := transform.Read(s, j.Input, *j.reading())
	points, faults := transform.Validate(s, j.Validate, texts)
	stats := transform.Aggregate(s, j.Validate.Engine, points)
	rows := beam.ParDo(s, &RowFn{
		Window: j.Validate.Window, Unit: j.Validate.Unit, Format: j.OutputFormat,
		Keyed: j.Validate.KeyFile || j.Validate.KeyField != "",
	}, stats)
	write := &WriteFn{Input: j.Input, Output: name(j.Output), Faults: name(j.Faults)}
	if j.OutputFormat == "csv" {
		write.Header = header(j.Validate.KeyFile || j.Validate.KeyField != "")
	}
	// One worker sorts and writes the results when it has all.
	beam.ParDo0(s, write, beam.Impulse(s), beam.SideInput{Input: rows}, beam.SideInput{Input: faults})
}
