package bench

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// errNoNotices ends what needs notices: a given server sends none to a port that was chosen a moment ago.
const errNoNotices = missingError("a given object store sends no notices to this process: unset EVENTDROP_S3_ENDPOINT, so that MinIO is started here")

// readyTime is how long a loader may take until it answers.
const readyTime = 30 * time.Second

// serving runs `eventdrop serve` on the place while work lasts. Only one can serve at a time, because all listen where MinIO sends
// its notices. The context of work ends with the process.
func (p *place) serving(ctx context.Context, work func(ctx context.Context) error) error {
	c, err := p.start(ctx, "serve")
	if err != nil {
		return err
	}
	alive, release := c.alive(ctx)
	defer release()
	err = p.answers(alive)
	if err == nil {
		err = work(alive)
	}
	return errors.Join(err, c.stop())
}

// alive is a context that ends with the process.
func (c *child) alive(ctx context.Context) (alive context.Context, release func()) {
	alive, end := context.WithCancelCause(ctx)
	go func() {
		select {
		case <-c.ended:
			end(errors.New("eventdrop has ended"))
		case <-alive.Done():
		}
	}()
	return alive, func() { end(nil) }
}

// answers returns once the loader is healthy.
func (p *place) answers(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, readyTime, fmt.Errorf("eventdrop does not answer after %s", readyTime))
	defer cancel()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for !healthy(ctx, p.config.Listen) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-tick.C:
		}
	}
	return nil
}

func healthy(ctx context.Context, address string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/healthz", http.NoBody)
	if err != nil {
		return false
	}
	request.Close = true // nothing is kept open beside what is measured
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return false
	}
	return answer.Body.Close() == nil && answer.StatusCode == http.StatusOK
}
