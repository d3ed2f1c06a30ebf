package main

import (
	"example.org/compute-pipeline/gohost/window"
)

// checkWindow reads the windows and the statistics.
func (c *runCommand) checkWindow() error {
	windows, err := window.Parse(c.Window, nil)
	if err != nil {
		return badUse("--window: %w", err)
	}
	if c.Normalize && (windows.Sliding() || windows.Sessions()) {
		return badUse("--normalize cannot be used with --window %s", windows)
	}
	c.windows = windows
	return c.openGrid(window.Clock{Unit: c.Unit})
}

// openGrid makes the grid of windows, when it is known what timestamps count.
func (c *runCommand) openGrid(clock window.Clock) (err error) {
	if c.grid, err = c.windows.Grid(clock); err != nil {
		return badUse("--window: %w", err)
	}
	return nil
}
