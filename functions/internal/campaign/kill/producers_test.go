package kill

import (
	"context"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
)

// producers drop an object for each token that they get.
type producers struct {
	tokens chan struct{}
	group  *errgroup.Group
	failed context.Context
}

const uploads = 4

func (tr *traffic) produce(ctx context.Context) *producers {
	p := &producers{tokens: make(chan struct{}, 64)}
	p.group, p.failed = errgroup.WithContext(ctx)
	for range uploads {
		p.group.Go(func() error {
			for range p.tokens {
				if err := tr.drop(p.failed); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return p
}

// order asks for n objects, or for fewer if the producers are behind.
func (p *producers) order(n int) {
	for range n {
		select {
		case p.tokens <- struct{}{}:
		default:
			return
		}
	}
}

// pace asks for n objects, one by one. The returned function has it stop and waits for its end.
func (p *producers) pace(n int) (stop func()) {
	const every = 10 * time.Millisecond
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for range n {
			select {
			case <-ticker.C:
				p.order(1)
			case <-ended:
				return
			}
		}
	}()
	return func() {
		close(ended)
		<-stopped
	}
}

// end waits for the uploads that were ordered.
func (p *producers) end(t *testing.T) {
	t.Helper()
	close(p.tokens)
	if err := p.group.Wait(); err != nil {
		t.Fatal(err)
	}
}
