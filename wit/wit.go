// Package wit has the text of the contract, for programs that write it out.
package wit

import "embed"

// Files are the files of the contract, as they are in this directory.
//
//go:embed *.wit deps
var Files embed.FS
