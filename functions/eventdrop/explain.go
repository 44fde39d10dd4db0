package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type explainCmd struct {
	What string `arg:"" name:"object|event" help:"An object as s3://BUCKET/KEY or by its key, a local file by its absolute path, or an event by its id."`
}

// Bounds of an answer.
const (
	explainedDrops   = 10
	explainedRejects = 10
)

// explainView is all that is known of an object or an event; what it is not, is empty.
type explainView struct {
	Objects []warehouse.Explanation `json:"objects"` // drops, the newest first
	Events  []eventView             `json:"events"`  // at most one of each contract
	// Rejects have the event's id in their raw text: of its object, or, where no table has it, of all.
	Rejects []rejectView `json:"rejects"`

	rejected []warehouse.RejectedRow
}

// eventView is a row of the table and where it comes from.
type eventView struct {
	Contract  string                `json:"contract"`
	Object    string                `json:"object"`
	VersionID string                `json:"version_id"`
	ETag      string                `json:"etag"`
	ObjectID  int64                 `json:"object_id"`
	Line      int64                 `json:"line"`
	Event     json.RawMessage       `json:"event"`
	Recency   recencyView           `json:"recency"`
	Receipt   *warehouse.RunOfEvent `json:"receipt"`
}

// Run tells what is known of an object, or else of an event.
func (c *explainCmd) Run(a *app) error {
	bucket, key, err := c.object()
	if err != nil {
		return err
	}
	parts, _, err := a.parts(wiring.Database)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	var view explainView
	if view.Objects, err = parts.Warehouse.ExplainObject(a.ctx, bucket, key, explainedDrops); err != nil {
		return warehouse.Explain(err)
	}
	if len(view.Objects) == 0 && bucket == "" {
		if err := view.findEvent(a.ctx, parts, key); err != nil {
			return warehouse.Explain(err)
		}
	}
	if len(view.Objects) == 0 && len(view.Events) == 0 && len(view.rejected) == 0 {
		return fmt.Errorf("nothing is known of %q: name an object as s3://BUCKET/KEY or by its whole key, a local file by its absolute path, "+
			"or an event by its id; `eventdrop history PART` finds keys", c.What)
	}
	view.complete()
	return a.print(view, view.write)
}

func (c *explainCmd) object() (bucket, key string, err error) {
	if !strings.HasPrefix(c.What, "s3://") {
		return "", c.What, nil
	}
	objects, _, err := parseSources([]string{c.What})
	if err != nil {
		return "", "", err
	}
	return objects[0].Bucket, objects[0].Key, nil
}

// findEvent looks for an event in the table of each contract, and for rejects with its id: in its object, which is
// found at once, or, where no table has it, in the whole quarantine.
func (v *explainView) findEvent(ctx context.Context, parts *wiring.Parts, id string) error {
	for _, w := range parts.Warehouses {
		event, err := w.ExplainEvent(ctx, id)
		if err != nil {
			return err
		}
		if event == nil {
			continue
		}
		v.Events = append(v.Events, viewEvent(w.Contract().Name, event))
		if err := v.findRejects(ctx, w, id, event.ID); err != nil {
			return err
		}
	}
	if len(v.Events) > 0 {
		return nil
	}
	return v.findRejects(ctx, parts.Warehouse, id, 0)
}

func (v *explainView) findRejects(ctx context.Context, w *warehouse.Warehouse, id string, objectID int64) error {
	rejects, err := w.RejectsWith(ctx, id, objectID, explainedRejects)
	v.rejected = append(v.rejected, rejects...)
	return err
}

func viewEvent(contract string, e *warehouse.ExplainedEvent) eventView {
	return eventView{
		Contract: contract, Object: e.Object.String(), VersionID: e.Object.VersionID, ETag: e.Object.ETag, ObjectID: e.ID, Line: e.Line,
		Event:   e.Document,
		Recency: recencyView{e.RecencyAt, e.ObjectModified, e.SourceHash, e.DropOrder, e.Line, e.Revision}, Receipt: e.Run,
	}
}

// complete makes lists of what JSON readers expect to be lists.
func (v *explainView) complete() {
	v.Objects, v.Events, v.Rejects = list(v.Objects), list(v.Events), []rejectView{}
	for i := range v.rejected {
		v.Rejects = append(v.Rejects, viewReject(&v.rejected[i]))
	}
	for i := range v.Objects {
		o := &v.Objects[i]
		o.Runs, o.Rejects, o.Repairs, o.Drift = list(o.Runs), list(o.Rejects), list(o.Repairs), list(o.Drift)
		for n := range o.Runs {
			o.Runs[n].Sample = list(o.Runs[n].Sample)
		}
	}
}

// address names a drop, with its version where there is one.
func address(o dropzone.Object) string { return plain(o.String()) + version(o) }
