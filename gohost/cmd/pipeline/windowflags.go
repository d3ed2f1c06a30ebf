package main

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	"golang.org/x/term"

	"example.org/compute-pipeline/gohost"
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// checkWindow reads the windows and the statistics.
func (c *runCommand) checkWindow() error {
	windows, err := window.Parse(c.Window, c.TZ.Location)
	if err != nil {
		return badUse("--window: %w", err)
	}
	if c.statistics, err = window.ParseSet(c.Stat, c.Sample); err != nil {
		return badUse("--stat: %w", err)
	}
	filled := c.Fill != "" && window.FillPolicy(c.Fill) != window.FillNone
	switch {
	case c.Follow && (filled || c.Spark):
		return badUse("--fill and --spark need the whole input; they cannot be used with --follow")
	case c.Follow && c.Output == "markdown":
		return badUse("-o markdown needs the whole input; with --follow, expected table, json, ndjson or csv")
	case filled && (windows.IsAll() || windows.Sessions()):
		return badUse("--fill %s: there are no windows between those of --window %s", c.Fill, windows)
	case c.Sample && !c.statistics.Has(window.Variance) && !c.statistics.Has(window.StdDev):
		return badUse("--sample changes variance and stddev; --stat names neither")
	case c.Spark && c.Output != "table":
		return badUse("--spark adds a column to -o table; the output is %s", c.Output)
	}
	if c.Normalize && (windows.Sliding() || windows.Sessions()) {
		return badUse("--normalize cannot be used with --window %s", windows)
	}
	c.windows = windows
	unit := c.Unit
	if unit == input.AutoUnit { // until the first records have decided; any length fits
		unit = input.Nanosecond
	}
	return c.openGrid(window.Clock{Unit: unit})
}

// openGrid makes the grid of windows, when it is known what timestamps count.
func (c *runCommand) openGrid(clock window.Clock) (err error) {
	if c.grid, err = c.windows.Grid(clock); err != nil {
		return badUse("--window: %w", err)
	}
	return nil
}

// rows returns computed rows with those that --fill adds. It counts the computed ones, and draws them.
func (c *runCommand) rows(res *result, computed iter.Seq2[window.Row, error]) iter.Seq2[window.Row, error] {
	seen := func(yield func(window.Row, error) bool) {
		for row, err := range computed {
			if err == nil {
				res.windows++
				res.edges.see(&row, c.grid)
				err = c.drawRow(res, row)
			}
			if err != nil {
				res.failed = err
			}
			if !yield(row, err) {
				return
			}
		}
	}
	return window.Fill(seen, c.grid, window.FillOptions{Policy: window.FillPolicy(c.Fill), Set: c.statistics})
}

// drawRow adds a row to the plot.
func (c *runCommand) drawRow(res *result, row window.Row) error {
	if c.Plot == "" {
		return nil
	}
	name := ""
	if c.labelled() {
		name = c.lineName(row)
	}
	if err := res.lines.Add(name, row); err != nil {
		return fmt.Errorf("plot %s: %w", c.Plot, err)
	}
	return nil
}

// terminalWidth returns the width of the terminal that a result goes to, in characters, or 0 for other outputs.
func (c *runCommand) terminalWidth(out io.Writer) int {
	file, ok := out.(*os.File)
	if !ok || c.OutputFile != "" {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// ofMemory adds to an error of the engine's memory which flag sets its limit.
func (c *runCommand) ofMemory(err error) error {
	if limit := (*gohost.LimitError)(nil); errors.As(err, &limit) && limit.Which == gohost.LimitMemory {
		return fmt.Errorf("%w; --memory %d is the limit, in MiB: set a larger one", err, c.Memory)
	}
	return err
}
