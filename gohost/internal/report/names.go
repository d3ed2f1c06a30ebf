package report

import "example.org/compute-pipeline/gohost/window"

// LabelNames returns the names of the columns before the window: of the keys, and of the column of
// values.
func (h Head) LabelNames() []string { return h.labelNames() }

// Labels returns the cells of these columns.
func (h Head) Labels(row *window.Row) []string { return h.labels(row) }

// StatisticNames returns the names of the columns of statistics.
func (h Head) StatisticNames() []string { return h.statisticNames() }
