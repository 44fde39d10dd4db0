package warehouse

import (
	"fmt"
	"strings"
	"syscall"
)

// tcpUserTimeout is TCP_USER_TIMEOUT of tcp(7), in milliseconds. Package syscall does not have it for every processor.
const tcpUserTimeout = 0x12

// limitSilence bounds how long what was sent may stay unacknowledged, or the other end not read.
func limitSilence(network, _ string, conn syscall.RawConn) error {
	if !strings.HasPrefix(network, "tcp") {
		return nil // a socket of this machine is lost with its server
	}
	var fault error
	err := conn.Control(func(fd uintptr) {
		fault = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(lostAfter.Milliseconds()))
	})
	if err == nil {
		err = fault
	}
	if err != nil {
		return fmt.Errorf("limit how long the server may be silent: %w", err)
	}
	return nil
}
