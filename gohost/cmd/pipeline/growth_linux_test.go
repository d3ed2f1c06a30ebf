//go:build !race

package main

// growth is more than the peak of memory may grow, in bytes, and less than the points of a run.
const growth = 10 << 20
