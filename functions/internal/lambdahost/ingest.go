package lambdahost

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/notice"
	"eventdrop/functions/internal/telemetry"
	"eventdrop/functions/internal/wiring"
)

// Ingest loads the objects that a notification announces.
//
// SQS is told which messages it must deliver again: those with an object that was not loaded, for a reason that may pass
// or because the time is over. Any other sender gets an error where there is such an object. What cannot be understood is
// counted, logged and acknowledged, unless it is all that was sent: it will not get better, and reconcile finds what it may
// have meant.
func (h *Host) Ingest(ctx context.Context, event json.RawMessage) (any, error) {
	meter, flush := h.meter(ctx)
	defer flush()
	notices, err := notice.Parse(event)
	if err != nil {
		meter.Add("NoticesMalformed", 1)
		return nil, &MalformedNoticeError{Err: err}
	}
	parts, err := h.ready(ctx)
	if err != nil {
		return nil, err
	}
	d := &delivery{host: h, parts: parts, meter: meter, messages: notices.Messages, failed: make([]error, len(notices.Messages))}
	d.run(ctx)
	if notices.Queued {
		return d.sqsAnswer(), nil
	}
	return d.answer()
}

// delivery is the work of one invocation.
type delivery struct {
	host     *Host
	parts    *wiring.Parts
	meter    *telemetry.Meter
	messages []notice.Message

	mu       sync.Mutex
	failed   []error // by message: the first of its objects that was not loaded
	summary  summary
	firstErr error
}

// summary is what a sender other than SQS is told.
type summary struct {
	Objects   int `json:"objects"` // in the scope of the settings
	Failed    int `json:"failed"`
	Ignored   int `json:"ignored"`
	Malformed int `json:"malformed"`
}

// run handles all objects, several at a time. When the time is over, it begins no other one.
func (d *delivery) run(ctx context.Context) {
	var workers errgroup.Group
	workers.SetLimit(d.parts.Config.Workers)
	for i := range d.messages {
		m := &d.messages[i]
		d.note(ctx, m)
		for _, o := range m.Objects {
			if !d.parts.Pipeline.Accepts(o) {
				d.summary.Ignored++
				continue
			}
			d.summary.Objects++
			workers.Go(func() error {
				d.done(i, d.handle(ctx, o, m.Again))
				return nil
			})
		}
	}
	_ = workers.Wait() // no worker returns an error
	d.meter.Add("NoticesIgnored", int64(d.summary.Ignored))
	d.meter.Add("NoticesMalformed", int64(d.summary.Malformed))
}

func (d *delivery) note(ctx context.Context, m *notice.Message) {
	d.summary.Ignored += m.Ignored
	if m.Err != nil {
		d.summary.Malformed++
		d.host.log.WarnContext(ctx, "notice not understood", "message_id", m.ID, "error", m.Err.Error())
	}
}

// handle loads one object. A notice that comes again may be about an object that killed its loader.
func (d *delivery) handle(ctx context.Context, o dropzone.Object, again bool) error {
	if ctx.Err() != nil {
		d.meter.Add("ObjectsHandedBack", 1)
		return context.Cause(ctx) //nolint:wrapcheck // it is told as it is
	}
	receipt, err := d.parts.Pipeline.Handle(ctx, ingest.Order{Object: o, Again: again})
	if errors.Is(err, dropzone.ErrPaused) { // it is a notice all the same: the pause counts it
		receipt, err = d.parts.Pipeline.Handle(ctx, ingest.Order{Object: o})
	}
	if err != nil && ctx.Err() != nil {
		d.meter.Add("ObjectsHandedBack", 1)
		return err
	}
	d.meter.Observe(receipt, err)
	return err
}

func (d *delivery) done(message int, err error) {
	if err == nil {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.summary.Failed++
	if d.failed[message] == nil {
		d.failed[message] = err
	}
	if d.firstErr == nil {
		d.firstErr = err
	}
}

// sqsAnswer is a partial batch response ("Implementing partial batch responses", AWS Lambda Developer Guide).
type sqsAnswer struct {
	BatchItemFailures []sqsFailure `json:"batchItemFailures"`
}

type sqsFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

func (d *delivery) sqsAnswer() sqsAnswer {
	answer := sqsAnswer{BatchItemFailures: []sqsFailure{}}
	for i := range d.messages {
		if d.failed[i] != nil {
			answer.BatchItemFailures = append(answer.BatchItemFailures, sqsFailure{d.messages[i].ID})
		}
	}
	return answer
}

func (d *delivery) answer() (any, error) {
	if d.firstErr != nil {
		return nil, &NotLoadedError{Failed: d.summary.Failed, Of: d.summary.Objects, Err: d.firstErr}
	}
	return d.summary, nil
}
