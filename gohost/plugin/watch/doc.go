// Package watch keeps a registry of plugins in step with a directory:
//
//	NAME.wasm          the module of plugin NAME
//	NAME.wasm.sig      its ed25519 signature, if there is one
//	NAME.manifest      its manifest, if there is one (plugin.Manifest)
//	NAME.manifest.sig  the manifest's signature
//	NAME.json          its limits, if it has its own (plugin.Limits)
//
// [Sync] loads what is there; [Start] also loads again what changes. A module that fails
// to load leaves the version before it serving, and is tried again when one of
// its files changes; where the reason may pass by itself, also without that, at
// every 2nd, 4th, ... and at last every 64th time that the directory is looked
// through ([WithPoll]).
//
// # How to write into the directory
//
// Put a file into place by a rename within its file system, and signatures and
// the manifest before the module. A file that is written in place may be seen half-done: that
// load fails, and the next one, when the writing has ended, succeeds.
//
// The directory itself may be replaced, by a rename or as a symbolic link, and
// what is in it may be symbolic links, as Kubernetes makes them for mounted
// ConfigMaps (NAME.wasm -> ..data/NAME.wasm). Names that begin with a dot are
// left alone.
//
// Changes are noticed by the system's notifications. Those do not reach
// everything (network file systems, targets of links in other directories), so
// the directory is also looked through now and then: [WithPoll].
//
// It is a Go module of its own, for its one dependency, fsnotify.
package watch
