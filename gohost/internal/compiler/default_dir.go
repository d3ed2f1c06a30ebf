package compiler

import (
	"os"
	"path/filepath"
	"testing"
)

const (
	// switchVariable is the environment variable that turns the default directory off.
	switchVariable = "COMPUTE_PIPELINE_CACHE"
	// defaultName is the name of the default directory in the user's cache directory.
	defaultName = "compute-pipeline"
	// maxDefault bounds the default directory: the engine and the prepare module of about
	// fifteen versions.
	maxDefault = 64 << 20
)

// Default returns the cache in the user's cache directory, which is created if need be, or
// one without a directory if there is none that is private to the user: nobody else may be
// able to change it or to put another in its place. A test has none, since its verdict would
// depend on what ran before.
func Default() Cache {
	if testing.Testing() || os.Getenv(switchVariable) == "off" {
		return Cache{}
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return Cache{}
	}
	return below(dir)
}

// below returns the cache in a user's cache directory. What does not exist is created only
// where nobody else can change it: not in another user's home (sudo), and not a home.
func below(base string) Cache {
	dir := filepath.Join(base, defaultName)
	for _, dir := range []string{base, dir} {
		if _, err := os.Lstat(dir); err == nil {
			continue
		}
		if _, ok := private(filepath.Dir(dir)); !ok {
			return Cache{}
		}
		if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
			return Cache{}
		}
	}
	if dir, ok := private(dir); ok {
		return Cache{Dir: dir, Max: maxDefault}
	}
	return Cache{}
}

// private returns a directory without symbolic links, and whether only this user and root can
// change it.
func private(dir string) (real string, ok bool) {
	real, err := filepath.EvalSymlinks(dir)
	return real, err == nil && filepath.IsAbs(real) && owned(real) == nil
}
