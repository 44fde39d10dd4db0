package warehouse

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"eventdrop/functions/internal/pgtest"
)

// cutter is a proxy in front of PostgreSQL that cuts the connection at COMMIT.
type cutter struct {
	listener net.Listener
	server   string
	before   atomic.Bool // cut the next COMMIT before the server sees it
	after    atomic.Bool // cut the answer of the next COMMIT
	cuts     atomic.Int32
	serving  sync.WaitGroup
}

// newCutter returns a proxy and the schema as it is reached through it.
func newCutter(t *testing.T, db pgtest.DB) (*cutter, pgtest.DB) {
	t.Helper()
	u, err := url.Parse(db.LoaderURL)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{listener: listener, server: u.Host}
	c.serving.Go(c.serve)
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		c.serving.Wait()
	})
	u.Host = listener.Addr().String()
	db.LoaderURL = u.String()
	return c, db
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
		c.serving.Go(func() { c.pass(server, client, "commit\x00", &c.before) })
		c.serving.Go(func() { c.pass(client, server, "COMMIT\x00", &c.after) })
	}
}

// pass copies until either side ends, or until the word comes while armed: then it cuts both.
func (c *cutter) pass(to, from net.Conn, word string, armed *atomic.Bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if bytes.Contains(buffer[:n], []byte(word)) && armed.CompareAndSwap(true, false) {
			c.cuts.Add(1)
			return
		}
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil || err != nil {
			return
		}
	}
}
