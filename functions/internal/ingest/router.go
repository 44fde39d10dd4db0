package ingest

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"eventdrop/functions/internal/dropzone"
)

// Router leads each object to the pipeline of the contract that serves its key. No two of the contracts may serve
// one key; see contract.Together.
type Router struct {
	Pipelines []*Pipeline // one for each contract, at least one
}

// Accepts reports whether an object lies in the scope and is served by one of the contracts.
func (r *Router) Accepts(o dropzone.Object) bool {
	for _, p := range r.Pipelines {
		if p.Accepts(o) {
			return true
		}
	}
	return false
}

// Handle is [Pipeline.Handle] under the contract that [Router.For] finds.
//
// An object that turns out to be at the raw key of its notice may be another contract's. It is gone then, as far as this
// notice goes, and the next listing shows it under its own key.
func (r *Router) Handle(ctx context.Context, order Order) (dropzone.Receipt, error) {
	p, err := r.For(order)
	if err != nil {
		return dropzone.Receipt{Object: order.Object, Kind: order.Kind, State: dropzone.Failed, DryRun: order.DryRun, Detail: err.Error()}, err
	}
	return p.Handle(ctx, order)
}

// HandleTogether is [Pipeline.HandleTogether] under the contracts that [Router.For] finds.
func (r *Router) HandleTogether(ctx context.Context, orders []Order) ([]dropzone.Receipt, []error) {
	receipts, errs := make([]dropzone.Receipt, len(orders)), make([]error, len(orders))
	places := map[*Pipeline][]int{}
	for i, order := range orders {
		p, err := r.For(order)
		if err != nil {
			receipts[i], errs[i] = r.Handle(ctx, order)
			continue
		}
		places[p] = append(places[p], i)
	}
	for p, at := range places {
		own := make([]Order, len(at))
		for j, i := range at {
			own[j] = orders[i]
		}
		got, failed := p.HandleTogether(ctx, own)
		for j, i := range at {
			receipts[i], errs[i] = got[j], failed[j]
		}
	}
	return receipts, errs
}

// Redrive is [Pipeline.Redrive] under the contract that the object was loaded under, whichever serves its key today.
func (r *Router) Redrive(ctx context.Context, asked Redrive) (dropzone.Receipt, error) {
	p, err := r.named(asked.Contract)
	if err != nil {
		return dropzone.Receipt{ObjectID: asked.ObjectID, Kind: dropzone.Redrive, State: dropzone.Failed, DryRun: asked.DryRun, Detail: err.Error()}, err
	}
	return p.Redrive(ctx, asked)
}

// For finds the pipeline for an order. A contract that serves the key of an object is the only one for it. A file of this
// machine is loaded under the contract that the order names, or under the only one that would serve its path, were it a key. Where
// there is one contract only, it will do for all that no other one serves.
func (r *Router) For(order Order) (*Pipeline, error) {
	o := order.Object
	serving := r.serving(o)
	switch {
	case order.Contract != "":
		p, err := r.named(order.Contract)
		if err == nil && !o.Local() && len(serving) > 0 && serving[0] != p {
			err = fmt.Errorf("the contract %s serves the key %q, not %s: an object has one contract", serving[0].name(), o.Key, order.Contract)
		}
		return p, err
	case len(serving) == 1:
		return serving[0], nil
	case len(r.Pipelines) == 1:
		return r.Pipelines[0], nil
	case len(serving) == 0:
		return nil, fmt.Errorf("%s: none of the contracts %s serves a key like this one: choose one by its name", o, names(r.Pipelines))
	}
	return nil, fmt.Errorf("%s: each of the contracts %s would serve a key like this path: choose one by its name", o, names(serving))
}

// serving are the pipelines of the contracts that serve an object's key, or would, if a file's path was one.
func (r *Router) serving(o dropzone.Object) (serving []*Pipeline) {
	key := o.Key
	if o.Local() {
		key = filepath.ToSlash(filepath.Clean(key))
	}
	for _, p := range r.Pipelines {
		if p.Cleaner.Contract().Serves(key) {
			serving = append(serving, p)
		}
	}
	return serving
}

func (r *Router) named(contract string) (*Pipeline, error) {
	for _, p := range r.Pipelines {
		if p.name() == contract {
			return p, nil
		}
	}
	return nil, fmt.Errorf("there is no contract %q here: EVENTDROP_CONTRACT has %s", contract, names(r.Pipelines))
}

func (p *Pipeline) name() string { return p.Cleaner.Contract().Name }

func names(pipelines []*Pipeline) string {
	list := make([]string, len(pipelines))
	for i, p := range pipelines {
		list[i] = p.name()
	}
	return strings.Join(list, ", ")
}
