package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/schollz/progressbar/v3"

	"eventdrop/functions/internal/bucket"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type loadCmd struct {
	Sources []string `arg:"" name:"path|s3://bucket/key" help:"Local files, or objects of the store."`
	// VersionID leads to versions that newer ones or a delete marker of their key hide.
	VersionID string `placeholder:"ID" help:"The version of the one s3://bucket/key to load, as 'explain' shows it; 'null': the one from before the bucket kept versions."`
	DryRun    bool   `help:"Do all of it, report, and roll back."`
	// Contract chooses where the settings have several.
	Contract string `placeholder:"NAME" help:"The contract for what no contract serves by its key: local files, where the settings have several."`
}

// Run loads each source and reports its receipt.
func (c *loadCmd) Run(a *app) error { return a.loadAll(c, dropzone.Load) }

type replayCmd struct{ loadCmd }

// Run loads each source again, whether it is loaded or parked, and reports its receipt.
func (c *replayCmd) Run(a *app) error { return a.loadAll(&c.loadCmd, dropzone.Replay) }

func (a *app) loadAll(c *loadCmd, kind dropzone.Kind) error {
	objects, needsStore, err := c.objects()
	if err != nil {
		return err
	}
	need := wiring.Database
	if needsStore {
		need |= wiring.Store
	}
	parts, _, err := a.parts(need)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := ready(a.ctx, parts.Warehouse); err != nil {
		return err
	}
	if err := c.pin(a.ctx, parts.Store, objects); err != nil {
		return err
	}
	orders, err := c.orders(parts.Pipeline, objects, kind)
	if err != nil {
		return err
	}
	a.showReading(parts.Pipeline)
	var receipts []receiptView
	var failed []error
	for _, order := range orders {
		receipt, err := parts.Pipeline.Handle(a.ctx, order)
		if err != nil {
			failed = append(failed, fmt.Errorf("%s: %w", order.Object, explained(err)))
		}
		receipts = append(receipts, viewReceipt(receipt))
	}
	if err := a.print(receipts, func(w io.Writer) error { return writeReceipts(w, receipts) }); err != nil {
		return err
	}
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	return refused(receipts)
}

// explained rewrites an error of PostgreSQL for a person. One of the store says itself what to do.
func explained(err error) error {
	if _, ok := errors.AsType[*bucket.Error](err); ok {
		return err
	}
	return warehouse.Explain(err)
}

func (c *loadCmd) objects() (objects []dropzone.Object, needsStore bool, err error) {
	objects, needsStore, err = parseSources(c.Sources)
	if err == nil && c.VersionID != "" && (len(objects) != 1 || !needsStore) {
		err = fmt.Errorf("%w: --version-id goes with exactly one s3://bucket/key", errUsage)
	}
	return objects, needsStore, err
}

// pin makes the version that is named the one that is meant, with what a listing would say of it. It is looked up before
// anything else: one that is not there leaves no trace.
func (c *loadCmd) pin(ctx context.Context, store *bucket.Store, objects []dropzone.Object) error {
	if c.VersionID == "" {
		return nil
	}
	named := objects[0]
	named.VersionID = c.VersionID
	found, err := store.Stat(ctx, named)
	fault, _ := errors.AsType[*bucket.Error](err)
	switch {
	case err == nil:
		found.VersionID = dropzone.NormalVersionID(found.VersionID) // where no versions are kept, the answer has none
		objects[0] = found
		return nil
	case errors.Is(err, dropzone.ErrGone), fault != nil && fault.Status == http.StatusBadRequest: // a HEAD says no more to an id that is none
		return fmt.Errorf("%s has no version %q: `eventdrop explain` shows the ids of those that the ledger knows (%w)", objects[0], c.VersionID, err)
	}
	return err
}

// orders wants a contract for everything before anything is loaded.
func (c *loadCmd) orders(router *ingest.Router, objects []dropzone.Object, kind dropzone.Kind) ([]ingest.Order, error) {
	var orders []ingest.Order
	var faults []error
	for _, o := range objects {
		order := ingest.Order{Object: o, Kind: kind, DryRun: c.DryRun, ByHand: true, Contract: c.Contract}
		if _, err := router.For(order); err != nil {
			faults = append(faults, fmt.Errorf("%w: %w (--contract NAME)", errUsage, err))
		}
		orders = append(orders, order)
	}
	return orders, errors.Join(faults...)
}

// showReading shows on a terminal how much of each object was read.
func (a *app) showReading(router *ingest.Router) {
	if !terminal(a.stderr) {
		return
	}
	for _, p := range router.Pipelines {
		p.Source = &progressSource{Source: p.Source, w: a.stderr}
	}
}

// refused is errRefused if some input was.
func refused(receipts []receiptView) error {
	for _, r := range receipts {
		if r.Rejected > 0 || r.State != dropzone.Loaded && r.State != "" {
			return errRefused
		}
	}
	return nil
}

// parseSources tells files from objects; an object is s3://bucket/key.
func parseSources(sources []string) (objects []dropzone.Object, needsStore bool, err error) {
	for _, source := range sources {
		rest, isObject := strings.CutPrefix(source, "s3://")
		if !isObject {
			objects = append(objects, dropzone.Object{Key: source})
			continue
		}
		name, key, ok := strings.Cut(rest, "/")
		if !ok || name == "" || key == "" {
			return nil, false, fmt.Errorf("%w: %q names no object: want s3://bucket/key", errUsage, source)
		}
		objects = append(objects, dropzone.Object{Bucket: name, Key: key})
		needsStore = true
	}
	return objects, needsStore, nil
}

// progressSource shows how much of an object has been read.
type progressSource struct {
	ingest.Source
	w io.Writer
}

func (s *progressSource) Open(ctx context.Context, o dropzone.Object) (dropzone.Object, io.ReadCloser, error) {
	object, body, err := s.Source.Open(ctx, o)
	if err != nil {
		return object, nil, err
	}
	bar := progressbar.NewOptions64(object.Size, progressbar.OptionSetWriter(s.w), progressbar.OptionShowBytes(true),
		progressbar.OptionSetDescription(object.String()), progressbar.OptionClearOnFinish(), progressbar.OptionShowCount())
	return object, &progressBody{ReadCloser: body, bar: bar}, nil
}

type progressBody struct {
	io.ReadCloser
	bar *progressbar.ProgressBar
}

func (b *progressBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	_ = b.bar.Add(n) // a progress bar that cannot be drawn is no reason to stop
	return n, err
}

func (b *progressBody) Close() error {
	_ = b.bar.Finish()
	return b.ReadCloser.Close()
}
