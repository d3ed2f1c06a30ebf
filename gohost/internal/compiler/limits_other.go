//go:build !linux

package compiler

import (
	"errors"
	"os"
	"syscall"
)

// limitProcess leaves the limits to the watch and to the host's clock.
func limitProcess(task) error { return errors.ErrUnsupported }

func attributes() *syscall.SysProcAttr { return nil }

// ownProgram returns the file that this program was started from.
func ownProgram() (string, error) { return os.Executable() }
