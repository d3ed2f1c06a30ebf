// Package watch keeps a registry of plugins in sync with a directory:
//
//	NAME.wasm          the module of plugin NAME
//	NAME.wasm.sig      its ed25519 signature, if there is one
//	NAME.manifest      its manifest, if there is one (plugin.Manifest)
//	NAME.manifest.sig  the manifest's signature
//	NAME.json          its limits and grants, if it has its own (plugin.Settings)
//
// [Sync] loads the plugins of the directory once; [Start] also reloads those that
// change. If a module fails to load, the previous version keeps serving. The load is
// retried when one of the plugin's files changes and, if the reason may be temporary,
// also after 1, 2, 4, ... and then every 64 polls of the directory ([WithPoll]).
//
// # How to write into the directory
//
// Move files into place by a rename within their file system, signatures and the
// manifest before the module. A file that is written in place may be read before it is
// complete: that load fails, and the next one succeeds when the file is complete.
//
// The directory itself may be replaced, by a rename or as a symbolic link, and its
// files may be symbolic links, as Kubernetes creates them for mounted ConfigMaps
// (NAME.wasm -> ..data/NAME.wasm). Names that begin with a dot are ignored.
//
// Notifications of the system report changes. They do not cover everything (network
// file systems, targets of links in other directories), so the directory is also
// polled: [WithPoll].
//
// It is a Go module of its own, because of its one dependency, fsnotify.
package watch
