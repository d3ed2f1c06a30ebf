package main

import (
	"example.org/compute-pipeline/gohost/window"
)

// checkWindow reads the windows.
func (c *runCommand) checkWindow() error {
	windows, err := window.Parse(c.Window, nil)
	if err != nil {
		return badUse("--window: %w", err)
	}
	if c.grid, err = windows.Grid(window.Clock{Unit: c.Unit}); err != nil {
		return badUse("--window: %w", err)
	}
	if c.Normalize && (windows.Sliding() || windows.Sessions()) {
		return badUse("--normalize cannot be used with --window %s", windows)
	}
	return nil
}
