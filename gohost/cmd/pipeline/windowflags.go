package main

import (
	"example.org/compute-pipeline/gohost/input"
	"example.org/compute-pipeline/gohost/window"
)

// checkWindow reads the windows and the statistics.
func (c *runCommand) checkWindow() error {
	windows, err := window.Parse(c.Window, c.TZ.Location)
	if err != nil {
		return badUse("--window: %w", err)
	}
	if c.Normalize && (windows.Sliding() || windows.Sessions()) {
		return badUse("--normalize cannot be used with --window %s", windows)
	}
	c.windows = windows
	unit := c.Unit
	if unit == input.AutoUnit { // until the first records have decided
		unit = input.Second
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
