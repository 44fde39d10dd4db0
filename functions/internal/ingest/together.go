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
	leave := p.loadTogether(ctx, members)
	for i, m := range members {
		if receipts[i] = m.receipt; m.err == nil {
			p.log(ctx, m.receipt, nil)
		}
	}
	oneByOne := func(noted bool) {
		for i, m := range members {
			if m.err != nil && m.order.noted == noted {
				receipts[i], errs[i] = p.handle(ctx, &m.run, &m.order)
			}
		}
	}
	oneByOne(true)
	leave() // a suspect waits for it
	oneByOne(false)
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

// loadTogether loads all members that can be, and leaves an error at the others. Those whose attempt is noted are inside until
// leave is called.
func (p *Pipeline) loadTogether(ctx context.Context, all []*member) (leave func()) {
	members := able(all)
	leave, err := p.enterTogether(ctx, members)
	if err != nil {
		fail(members, err)
		return func() {}
	}
	p.openTogether(ctx, members)
	if members = able(members); len(members) > 0 {
		if err := p.runTogether(ctx, members); err != nil {
			fail(members, err)
		}
	}
	return leave
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

// enterTogether does what look and enter do for one object. One place is enough for all: a suspect waits for it.
func (p *Pipeline) enterTogether(ctx context.Context, members []*member) (leave func(), err error) {
	if len(members) < 2 {
		return nil, errOneByOne
	}
	nothing, err := p.Ledger.NothingSettled(ctx, objects(members))
	if err != nil || !nothing {
		return nil, errors.Join(errOneByOne, err)
	}
	if members, err = p.leaveSuspectsOut(ctx, members); err != nil {
		return nil, err
	}
	if leave, err = p.Apart.enter(ctx, false); err != nil {
		return nil, err
	}
	if err := p.Ledger.NoteAttempts(ctx, objects(members)); err != nil {
		leave()
		return nil, err
	}
	for _, m := range members {
		m.order.noted = true
	}
	return leave, nil
}

// leaveSuspectsOut returns the members without those that are to be loaded apart from others.
func (p *Pipeline) leaveSuspectsOut(ctx context.Context, members []*member) ([]*member, error) {
	died, err := p.Ledger.Died(ctx, objects(members))
	if err != nil {
		return nil, err
	}
	for i, m := range members {
		if died[i] >= suspectFrom {
			m.err = errOneByOne
		}
	}
	return able(members), nil
}

func objects(members []*member) []dropzone.Object {
	all := make([]dropzone.Object, len(members))
	for i, m := range members {
		all[i] = m.order.Object
	}
	return all
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

func (p *Pipeline) runTogether(ctx context.Context, members []*member) (err error) {
	defer caught(&err)
	runs := make([]dropzone.Run, len(members))
	for i, m := range members {
		runs[i] = m.run
	}
	receipts, errs := p.Loader.LoadTogether(ctx, runs)
	for i, m := range members {
		m.receipt, m.err = receipts[i], errs[i]
	}
	return nil
}
