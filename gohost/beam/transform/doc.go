// Package transform has transforms of Apache Beam that run the engine, or a plugin with exact
// answers.
//
// [Aggregate] computes the statistics of each key and window. Its results have the same bits
// whatever the runner does: how it divides the input into bundles, which of them it runs twice,
// and in which order it merges what they computed. That is what exact states are for; see
// gohost.Engine.Fold.
//
// Points travel as [gohost.Datapoint], or packed: 16 bytes each, the timestamp (u64) and the
// value (f64), little-endian, as gohost.Engine.ProcessBatch has them. gohost.AppendPacked and
// gohost.AppendUnpacked convert. An element with many packed points costs a pipeline hardly more than an element with
// one, so [Read] and [Validate] make packed points.
//
// A worker process has one engine for each [Engine] of its pipelines, however many functions
// and bundles use it. An error of the engine, or of the load of a plugin, fails the bundle with
// that cause; what the runner does then is its own affair (most try again a few times).
package transform
