//go:build !linux

package serve

import "net"

// refuse does nothing; see refuse_linux.go.
func refuse(net.Listener) bool { return false }
