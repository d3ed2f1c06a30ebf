// Package plugins has the sources of the plugins here. `pipeline new plugin` writes them,
// so that what authors start with is what is tested here.
package plugins

import "embed"

// Files are the sources, in a directory for each language, without their tests. The directory
// js has TypeScript too.
//
//go:embed assemblyscript/README.md assemblyscript/*.ts assemblyscript/*.js assemblyscript/package.json assemblyscript/build.sh
//go:embed c/README.md c/*.c c/*.h c/build.sh
//go:embed go/README.md go/abi.go go/main.go go/memory.go go/stream.go go/build.sh
//go:embed js/README.md js/build.js js/plugin.* js/contract.d.ts js/*.json js/build.sh
//go:embed python/README.md python/plugin.py python/requirements.txt python/build.sh
//go:embed rust/README.md rust/Cargo.* rust/src rust/build.sh
var Files embed.FS
