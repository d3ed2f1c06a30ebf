package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"

	"example.org/compute-pipeline/gohost/beam/transform"
)

// Job is what a pipeline is to do.
type Job struct {
	Input        string
	SplitSize    int64 // in bytes; 0 is transform's default
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
	for _, path := range []string{j.Input, j.Output, j.Faults} {
		if err := checkScheme(path); err != nil {
			return err
		}
	}
	return j.Validate.Check()
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
	texts := transform.Read(s, j.Input, transform.ReadFn{Format: j.Validate.Format, SplitSize: j.SplitSize})
	points, faults := transform.Validate(s, j.Validate, texts)
	stats := transform.Aggregate(s, j.Validate.Engine, points)
	rows := beam.ParDo(s, &RowFn{
		Window: j.Validate.Window, Unit: j.Validate.Unit, Format: j.OutputFormat,
		Keyed: j.Validate.KeyFile || j.Validate.KeyField != "",
	}, stats)
	write := &WriteFn{Output: name(j.Output), Faults: name(j.Faults)}
	if j.OutputFormat == "csv" {
		write.Header = header(j.Validate.KeyFile || j.Validate.KeyField != "")
	}
	// The results are few, so one worker sorts and writes them when it has all.
	beam.ParDo0(s, write, beam.Impulse(s), beam.SideInput{Input: rows}, beam.SideInput{Input: faults})
}
