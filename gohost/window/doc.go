// Package window folds datapoints into one small state per window of time.
//
// [Read] makes rows of an input: a window of each series. Its parts are there for programs that get points elsewhere. A
// [Spec] names windows: lengths of time, days, weeks, months and years of a calendar in any time zone, sliding windows,
// sessions. [Spec.Grid] has them for the timestamps of a [Clock]. A [Set] says which statistics a [Row] has. A [Table]
// takes points from any number of goroutines, in any order.
package window
