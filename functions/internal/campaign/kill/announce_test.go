package kill

import (
	"context"
	"os"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/infra/embedded"
)

// token is what MinIO's notices carry: one word, because MinIO takes two for a scheme and its value.
const token = "a-token-of-the-tests"

// The two receivers of every notice, as the program sets them up: one fast, one from a queue on disk.
const (
	fastTarget  = "FAST"
	queueTarget = "QUEUE"
)

// announcing is a MinIO that sends its notices to one address, where process after process listens.
type announcing struct {
	store  *embedded.MinIO
	listen string
}

func startAnnouncing(ctx context.Context) (a announcing, err error) {
	if a.listen, err = embedded.FreeAddress(ctx); err != nil {
		return a, err
	}
	endpoint := "http://" + a.listen + "/notices"
	a.store, err = embedded.StartMinIO(ctx, embedded.MinIOOptions{
		Options: embedded.Options{Progress: os.Stderr}, Binary: os.Getenv("EVENTDROP_MINIO_BINARY"), //nolint:forbidigo // as the program does
		Webhooks: []embedded.Webhook{
			{ID: fastTarget, Endpoint: endpoint, Token: token},
			{ID: queueTarget, Endpoint: endpoint, Token: token, Queue: true},
		},
	})
	return a, err
}

//nolint:gochecknoglobals // one server for all drills but those that kill it
var announcer struct {
	sync.Once
	announcing
	err error
}

func sharedAnnouncer(t *testing.T) announcing {
	t.Helper()
	announcer.Do(func() { announcer.announcing, announcer.err = startAnnouncing(context.Background()) })
	if announcer.err != nil {
		t.Fatal(announcer.err)
	}
	return announcer.announcing
}

// world is one whose bucket announces its objects to the world's own address.
func (a announcing) world(t *testing.T, o world.Options) *world.World {
	t.Helper()
	o.MinIO, o.Notify = a.store, []string{fastTarget, queueTarget}
	w := world.New(t, o)
	w.Config.Listen, w.Config.WebhookToken = a.listen, token
	return w
}
