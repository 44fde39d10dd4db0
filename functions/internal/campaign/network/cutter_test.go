package network

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
)

// cutter is a proxy in front of PostgreSQL that cuts connections at COMMIT. Unlike the one of package
// warehouse it lets some pass first, and cuts several one after the other.
type cutter struct {
	listener net.Listener
	server   string
	serving  sync.WaitGroup

	mu   sync.Mutex
	plan plan
	cuts int
}

// plan says which COMMITs are cut: pass go through, then so many are cut.
type plan struct {
	pass int
	cuts int
	// after lets the last one take effect and cuts its answer. The server never sees the others.
	after bool
}

// newCutter returns a proxy, and the address of the database through it.
func newCutter(tb testing.TB, address string) (*cutter, string) {
	tb.Helper()
	u, err := url.Parse(address)
	if err != nil {
		tb.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	c := &cutter{listener: listener, server: u.Host}
	c.serving.Go(c.serve)
	tb.Cleanup(func() {
		if err := listener.Close(); err != nil {
			tb.Error(err)
		}
		c.serving.Wait()
	})
	u.Host = listener.Addr().String()
	return c, u.String()
}

// arm makes a plan, and forgets what was cut before.
func (c *cutter) arm(p plan) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plan, c.cuts = p, 0
}

// disarm returns how many COMMITs were cut.
func (c *cutter) disarm() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.plan = plan{}
	return c.cuts
}

// judge decides about a COMMIT that a client sends.
func (c *cutter) judge() (before, after bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.plan.cuts == 0:
		return false, false
	case c.plan.pass > 0:
		c.plan.pass--
		return false, false
	}
	c.plan.cuts--
	c.cuts++
	after = c.plan.after && c.plan.cuts == 0
	return !after, after
}

func (c *cutter) serve() {
	for {
		client, err := c.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", c.server)
		if err != nil {
			_ = client.Close() // it will see
			continue
		}
		var doomed atomic.Bool // at the answer to its COMMIT
		c.serving.Go(func() {
			forward(server, client, "commit\x00", func() (cut bool) {
				before, after := c.judge()
				doomed.Store(after)
				return before
			})
		})
		c.serving.Go(func() { forward(client, server, "COMMIT\x00", doomed.Load) })
	}
}

// forward copies until either side ends, or until the word comes and is to be cut: then it closes both.
func forward(to, from net.Conn, word string, cut func() bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if bytes.Contains(buffer[:n], []byte(word)) && cut() {
			return
		}
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil || err != nil {
			return
		}
	}
}
