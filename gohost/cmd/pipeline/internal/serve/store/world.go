package store

import "path"

// World is the name of a WIT world whose plugins the service has.
type World string

// The worlds: that of the engine, and those of models (wit/inference).
const (
	Pipeline   World = "compute-pipeline"
	Classifier World = "classifier"
	Detector   World = "detector"
	Embedder   World = "embedder"
)

// Folder returns the part of the path of its plugins, in the API and in the plugins
// directory. Those of the engine's world are in the directory itself.
func (w World) Folder() string {
	if w == Pipeline {
		return "plugins"
	}
	return string(w) + "s"
}

// Label returns the name of a plugin beside those of other worlds, in metrics and on the
// status page: classifiers/magika. Plugins of the engine's world have their own name.
func (w World) Label(name string) string {
	if w == Pipeline {
		return name
	}
	return path.Join(w.Folder(), name)
}
