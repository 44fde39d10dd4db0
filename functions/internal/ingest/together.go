package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"eventdrop/functions/internal/dropzone"
)

const (
	// togetherBytes is the largest object, as stored, that is loaded together with others.
	togetherBytes = 64 << 10
	// togetherPatience is how long one of them may take to be read: the others do not wait any longer.
	togetherPatience = time.Second
	// togetherOpens is how many of them are opened side by side.
	togetherOpens = 4
)

// errOneByOne says that objects cannot be loaded together.
var errOneByOne = errors.New("to be loaded one by one")

// Orders are those for objects; for again see [Order].
func Orders(objects []dropzone.Object, again bool) []Order {
	orders := make([]Order, len(objects))
	for i, o := range objects {
		orders[i] = Order{Object: o, Again: again}
	}
	return orders
}

// HandleTogether is Handle for objects that a listing found, with a receipt and an error for each. Small ones are loaded
// in one transaction; what is amiss with any of them is found out by handling it alone.
func (p *Pipeline) HandleTogether(ctx context.Context, orders []Order) ([]dropzone.Receipt, []error) {
	receipts, errs := make([]dropzone.Receipt, len(orders)), make([]error, len(orders))
	var members []*member
	for _, order := range orders {
		m := &member{order: order, run: newRun(order)}
		if members = append(members, m); !m.small() {
			m.err = errOneByOne
		}
	}
	p.loadTogether(ctx, members)
	for i, m := range members {
		if m.err != nil {
			receipts[i], errs[i] = p.handle(ctx, &m.run, &m.order)
			continue
		}
		receipts[i] = m.receipt
		p.log(ctx, m.receipt, nil)
	}
	return receipts, errs
}

// member is one of the objects that are loaded together.
type member struct {
	order   Order
	run     dropzone.Run
	receipt dropzone.Receipt
	err     error // it must be loaded alone
}

func (m *member) small() bool {
	o := m.order.Object
	return o.Versioned() && o.ETag != "" && o.Size <= togetherBytes && m.run.Kind == dropzone.Load && !m.run.DryRun && m.order.Again
}

// loadTogether loads all members that can be, and leaves an error at the others.
func (p *Pipeline) loadTogether(ctx context.Context, all []*member) {
	members := able(all)
	if len(members) < 2 {
		fail(members, errOneByOne)
		return
	}
	if err := p.noteTogether(ctx, members); err != nil {
		fail(members, err)
		return
	}
	p.openTogether(ctx, members)
	if members = able(members); len(members) == 0 {
		return
	}
	leave, err := p.enter(ctx, &members[0].order) // one place is enough: a suspect waits for it
	if err != nil {
		fail(members, err)
		return
	}
	defer leave()
	runs := make([]dropzone.Run, len(members))
	for i, m := range members {
		runs[i] = m.run
	}
	receipts, errs := p.runTogether(ctx, runs)
	for i, m := range members {
		m.receipt, m.err = receipts[i], errs[i]
	}
}

// able are those that nothing is amiss with so far.
func able(members []*member) []*member {
	return slices.DeleteFunc(slices.Clone(members), func(m *member) bool { return m.err != nil })
}

func fail(members []*member, err error) {
	for _, m := range members {
		m.err = err
	}
}

// noteTogether does what look and admit do for one object. Suspects are left out, to be loaded apart from others.
func (p *Pipeline) noteTogether(ctx context.Context, members []*member) error {
	objects := make([]dropzone.Object, len(members))
	for i, m := range members {
		objects[i] = m.order.Object
	}
	nothing, err := p.Ledger.NothingSettled(ctx, objects)
	if err != nil || !nothing {
		return errors.Join(errOneByOne, err)
	}
	died, err := p.Ledger.NoteAttempts(ctx, objects)
	if err != nil {
		return err
	}
	for i, m := range members {
		if m.order.noted, m.order.died = true, died[i]; died[i] >= suspectFrom {
			m.err = errOneByOne
		}
	}
	return nil
}

// openTogether reads the objects' bytes, some side by side.
func (p *Pipeline) openTogether(ctx context.Context, members []*member) {
	var group errgroup.Group
	group.SetLimit(togetherOpens)
	for _, m := range members {
		if m.err == nil {
			group.Go(func() error {
				m.err = p.openMember(ctx, m)
				return nil
			})
		}
	}
	_ = group.Wait() // each member has its own error
}

func (p *Pipeline) openMember(ctx context.Context, m *member) (err error) {
	defer caught(&err)
	ctx, cancel := context.WithTimeout(ctx, togetherPatience)
	defer cancel()
	object, body, err := p.open(ctx, m.order.Object)
	if err != nil {
		return err
	}
	defer body.Close()
	m.run.Object = object
	if err := p.admit(ctx, object, &m.order); err != nil {
		return err
	}
	text, err := io.ReadAll(io.LimitReader(body, togetherBytes+1))
	if err != nil {
		return fmt.Errorf("read the object: %w", err)
	}
	if len(text) > togetherBytes {
		return errOneByOne
	}
	return p.read(&m.run, bytes.NewReader(text))
}

func (p *Pipeline) runTogether(ctx context.Context, runs []dropzone.Run) (receipts []dropzone.Receipt, errs []error) {
	var err error
	func() {
		defer caught(&err)
		receipts, errs = p.Loader.LoadTogether(ctx, runs)
	}()
	if err != nil {
		receipts, errs = make([]dropzone.Receipt, len(runs)), slices.Repeat([]error{err}, len(runs))
	}
	return receipts, errs
}
