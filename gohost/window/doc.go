// Package window folds datapoints into one small state per window of time.
//
// A [Spec] names windows: lengths of time, days, weeks, months and years of a calendar in any time zone,
// sliding windows, sessions. [Spec.Grid] has them for the timestamps of a [Clock]. A [Set] says which statistics a
// [Row] has.
package window
