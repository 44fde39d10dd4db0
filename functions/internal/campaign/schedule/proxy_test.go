package schedule

import (
	"bytes"
	"net"
	"net/url"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign/model"
)

// proxy stands before PostgreSQL and does what a schedule wants.
type proxy struct {
	listener net.Listener
	server   string
	serving  sync.WaitGroup

	mu       sync.Mutex
	trouble  model.Trouble // what is still to come
	messages int           // how many before the loader crashes
	crash    func()
	dead     bool // the loader is; what it still sends goes nowhere
	open     map[net.Conn]bool
}

// newProxy returns a proxy and the URL that leads through it.
func newProxy(t *testing.T, address string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, server: u.Host, open: map[net.Conn]bool{}}
	p.serving.Go(p.serve)
	t.Cleanup(func() {
		_ = listener.Close()
		p.cut()
		p.serving.Wait()
	})
	u.Host = listener.Addr().String()
	return p, u.String()
}

// arm prepares the trouble of a step.
func (p *proxy) arm(trouble model.Trouble, messages int, crash func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.trouble, p.messages, p.crash = trouble, messages, crash
}

// disarm ends a step, and reports whether its trouble came, and whether the loader is dead.
func (p *proxy) disarm() (came, dead bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	came, dead = p.trouble == model.None, p.dead
	if dead {
		p.closeAll()
	}
	p.trouble, p.dead = model.None, false
	return came, dead
}

func (p *proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil || !p.add(client, server) {
			_ = client.Close() // it will see
			continue
		}
		p.serving.Go(func() { p.pass(server, client, p.sent) })
		p.serving.Go(func() { p.pass(client, server, p.answered) })
	}
}

// add reports whether the loader that connects is alive.
func (p *proxy) add(client, server net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.dead {
		_ = server.Close()
		return false
	}
	p.open[client], p.open[server] = true, true
	return true
}

// cut closes all connections.
func (p *proxy) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closeAll()
}

func (p *proxy) closeAll() {
	for conn := range p.open {
		_ = conn.Close()
		delete(p.open, conn)
	}
}

// pass copies until either side ends, or until look says stop.
func (p *proxy) pass(to, from net.Conn, look func([]byte) (forward, stop bool)) {
	defer p.forget(to)
	defer p.forget(from)
	buffer := make([]byte, 64<<10)
	for {
		n, err := from.Read(buffer)
		forward, stop := true, false
		if n > 0 {
			forward, stop = look(buffer[:n])
		}
		if forward {
			if _, writeErr := to.Write(buffer[:n]); writeErr != nil {
				return
			}
		}
		if stop || err != nil {
			return
		}
	}
}

func (p *proxy) forget(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
	_ = conn.Close()
}

// sent looks at what the loader sends. The message at which it crashes still arrives: its answer does not.
func (p *proxy) sent(message []byte) (forward, stop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return false, true
	case p.trouble == model.CutBefore && bytes.Contains(message, []byte("commit\x00")):
		p.trouble = model.None
		return false, true
	case p.trouble != model.Crash:
		return true, false
	}
	if p.messages--; p.messages > 0 {
		return true, false
	}
	p.trouble, p.dead = model.None, true
	p.crash()
	return true, true
}

func (p *proxy) answered(message []byte) (forward, stop bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.dead:
		return false, true
	case p.trouble == model.CutAfter && bytes.Contains(message, []byte("COMMIT\x00")):
		p.trouble = model.None
		return false, true
	}
	return true, false
}
