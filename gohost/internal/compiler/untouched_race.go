//go:build race

package compiler

// untouched is above what the race detector maps, which is terabytes: only the
// watch limits a program that is built with it.
const untouched = 1 << 62
