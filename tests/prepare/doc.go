// Package prepare compares the prepare module that Go programs carry
// (gohost/internal/prepare) with the same crate as a native program: both must give
// the same answer for any bytes.
package prepare
