package warehouse

import (
	"net"
	"time"
)

const (
	// lostAfter is when a server that was lost without a word, as with its host or in a failover, counts as lost. Of itself TCP takes a
	// quarter of an hour. It is longer than mergeWait: a sound server that waits for a lock in the middle of a COPY does not read either.
	lostAfter = mergeWait + 30*time.Second
	// pingTime is how long a connection that was idle may take to show that it lives.
	pingTime = 5 * time.Second
)

// dialer connects so that TCP itself finds out about a server that was lost: by keep-alives while an answer is awaited, by what
// nobody acknowledges while something is sent.
func dialer(timeout time.Duration) *net.Dialer {
	return &net.Dialer{
		Timeout:         timeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: lostAfter / 3, Interval: lostAfter / 9, Count: 6},
		Control:         limitSilence,
	}
}
