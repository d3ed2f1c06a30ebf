//go:build !linux

package serve

import "net"

// refuse is described in refuse_linux.go; elsewhere it cannot.
func refuse(net.Listener) bool { return false }
