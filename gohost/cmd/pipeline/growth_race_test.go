//go:build race && linux

package main

// growth is more than the peak of memory may grow, in bytes, and less than the points of a run: with the race
// detector each byte has several more.
const growth = 30 << 20
