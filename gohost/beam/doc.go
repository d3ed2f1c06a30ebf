// Package beam documents the parts of this module, which runs the engine in pipelines of
// Apache Beam (Go SDK):
//
//   - transform has the transforms: statistics by key and window whose accumulators are states
//     of the engine, parsing with the faults as a second output, normalisation of batches, a source
//     that splits files of JSON lines, CSV and packed points.
//   - cmd/pipeline-beam is a pipeline of them: `pipeline run` over files by pattern, for any
//     runner.
//
// It is a Go module of its own, so that users of the library never download Beam. docs/beam.md
// says how to run the pipeline on Prism, Flink, Spark and Dataflow, and what it costs.
package beam
