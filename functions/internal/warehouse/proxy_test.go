package warehouse

import (
	"bytes"
	"context"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"eventdrop/functions/internal/pgtest"
)

// cutter is a proxy in front of PostgreSQL that cuts the connection at COMMIT, or lets connections fall silent.
type cutter struct {
	listener net.Listener
	server   string
	accepted atomic.Int32 // connections so far
	silent   atomic.Int32 // so many of them, the first ones, carry nothing any more, and do not end
	before   atomic.Bool  // cut the next COMMIT before the server sees it
	after    atomic.Bool  // cut the answer of the next COMMIT
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
	c := newCutterAt(t, listener, u.Host)
	u.Host = listener.Addr().String()
	db.LoaderURL = u.String()
	return c, db
}

// newCutterAt returns a proxy that listens there.
func newCutterAt(t *testing.T, listener net.Listener, server string) *cutter {
	t.Helper()
	c := &cutter{listener: listener, server: server}
	c.serving.Go(func() { c.serve(t.Context()) })
	t.Cleanup(func() {
		if err := listener.Close(); err != nil {
			t.Error(err)
		}
		c.serving.Wait()
	})
	return c
}

// hush lets all connections that are open fall silent, as when their server is lost: new ones reach another.
func (c *cutter) hush() { c.silent.Store(c.accepted.Load()) }

func (c *cutter) serve(ctx context.Context) {
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
		number := c.accepted.Add(1)
		context.AfterFunc(ctx, func() {
			_ = client.Close() // it may be closed already
			_ = server.Close()
		})
		c.serving.Go(func() { c.pass(server, client, number, "commit\x00", &c.before) })
		c.serving.Go(func() { c.pass(client, server, number, "COMMIT\x00", &c.after) })
	}
}

// pass copies until either side ends, or until the word comes while armed: then it cuts both.
func (c *cutter) pass(to, from net.Conn, number int32, word string, armed *atomic.Bool) {
	defer to.Close()
	defer from.Close()
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		if bytes.Contains(buffer[:n], []byte(word)) && armed.CompareAndSwap(true, false) {
			c.cuts.Add(1)
			return
		}
		if err == nil && number <= c.silent.Load() {
			continue
		}
		if _, writeErr := to.Write(buffer[:n]); writeErr != nil || err != nil {
			return
		}
	}
}
