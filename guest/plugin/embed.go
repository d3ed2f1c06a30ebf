// Package plugin has the sources of the crate in this directory, which `pipeline new plugin`
// writes beside a plugin in Rust.
package plugin

import "embed"

// Files are the sources.
//
//go:embed src
var Files embed.FS
