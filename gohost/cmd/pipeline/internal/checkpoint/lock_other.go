//go:build !(darwin || dragonfly || freebsd || linux || netbsd || openbsd)

package checkpoint

import "os"

func lock(*os.File) (bool, error) { return true, nil }
