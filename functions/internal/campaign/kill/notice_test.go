package kill

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/campaign"
)

// drop is an object that was stored, and what becomes of its notice.
type drop struct {
	bucket, key, version, etag string

	number   int
	size     int
	copies   int // of its notice; 0: it is lost
	atOnce   bool
	late     bool // sent after the next batch was stored
	deleted  bool // the key, or the version itself, before the notice is sent
	gone     bool // the version itself
	replaced func() bool
}

// notice is what MinIO sends for it, as far as anybody reads it.
func (o *drop) notice() string {
	return fmt.Sprintf(`{"EventName":"s3:ObjectCreated:Put","Key":%q,"Records":[{"eventVersion":"2.0","eventSource":"minio:s3",
		"awsRegion":"","eventTime":"2026-11-23T09:00:00.000Z","eventName":"s3:ObjectCreated:Put","s3":{"s3SchemaVersion":"1.0",
		"configurationId":"Config","bucket":{"name":%q,"arn":"arn:aws:s3:::%s"},"object":{"key":%q,"size":%d,"eTag":%q,
		"contentType":"text/csv","versionId":%q,"sequencer":"%016X"}}}]}`,
		o.bucket+"/"+o.key, o.bucket, o.bucket, url.QueryEscape(o.key), o.size, o.etag, o.version, o.number)
}

// post delivers notices to a receiver and counts what was done to them.
type post struct {
	client *http.Client
	url    string
	drill  *campaign.Drill

	mu     sync.Mutex
	newest int // number of the youngest drop that was announced
}

func newPost(address string, d *campaign.Drill) *post {
	transport := &http.Transport{MaxIdleConnsPerHost: 2 * senders}
	return &post{client: &http.Client{Transport: transport}, url: "http://" + address + "/notices", drill: d}
}

// senders is how many deliveries are under way at a time.
const senders = 8

// deliver sends one notice of each drop, or all at one instant where it is marked so.
func (p *post) deliver(ctx context.Context, drops []*drop) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(senders)
	for _, o := range drops {
		group.Go(func() error { return p.deliverOne(ctx, o) })
	}
	return group.Wait()
}

func (p *post) deliverOne(ctx context.Context, o *drop) error {
	p.observe(o)
	if !o.atOnce {
		return p.send(ctx, o.notice())
	}
	instant := make(chan struct{})
	var twins errgroup.Group
	for range o.copies {
		twins.Go(func() error {
			<-instant
			return p.send(ctx, o.notice())
		})
	}
	close(instant)
	return twins.Wait()
}

// observe counts what is unusual about a delivery.
func (p *post) observe(o *drop) {
	p.mu.Lock()
	younger := p.newest > o.number
	p.newest = max(p.newest, o.number)
	p.mu.Unlock()
	for _, fault := range []struct {
		name    string
		reached bool
	}{
		{"reordered", younger}, {"after a delete", o.deleted}, {"after an overwrite", o.replaced()}, {"twins at one instant", o.atOnce},
	} {
		if fault.reached {
			p.drill.Reached(fault.name)
		}
	}
}

func (p *post) send(ctx context.Context, body string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, strings.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Content-Type", "application/json")
	res, err := p.client.Do(req)
	if err != nil {
		return fmt.Errorf("send a notice: %w", err)
	}
	answer, err := io.ReadAll(res.Body)
	if err = errors.Join(err, res.Body.Close()); err == nil && !strings.Contains(string(answer), `"accepted":1`) {
		err = fmt.Errorf("notice not accepted: %d %s", res.StatusCode, answer)
	}
	return err
}
