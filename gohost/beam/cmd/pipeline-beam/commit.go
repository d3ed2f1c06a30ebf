package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
)

// commits are the local files of a job, which get their names when it has succeeded.
type commits struct {
	suffix string // of a file that is not complete
	paths  []string
}

// commits returns those of the job: none if nobody waits for its end.
func (j *Job) commits() *commits {
	c := &commits{suffix: "." + rand.Text()[:8] + ".partial"}
	if *jobopts.Async {
		return c
	}
	// The results come last: with them, the job is complete.
	for _, path := range []string{j.Faults, j.Output} {
		if path != "" && !strings.Contains(path, "://") {
			c.paths = append(c.paths, path)
		}
	}
	return c
}

// partial returns where the pipeline writes what belongs in path.
func (c *commits) partial(path string) string {
	for _, p := range c.paths {
		if p == path {
			return path + c.suffix
		}
	}
	return path
}

// rename gives the files their names.
func (c *commits) rename() error {
	for _, path := range c.paths {
		err := os.Rename(path+c.suffix, path)
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w: the workers have another file system; give a path that they share with this machine", err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// drop removes what a job that failed has written.
func (c *commits) drop() error {
	var failed []error
	for _, path := range c.paths {
		if err := os.Remove(path + c.suffix); !errors.Is(err, fs.ErrNotExist) {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}
