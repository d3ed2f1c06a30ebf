//go:build !race

package bind

// oneIn is how many packages of a corpus there are for each that is read.
const oneIn = 1
