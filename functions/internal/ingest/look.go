package ingest

import (
	"context"

	"eventdrop/functions/internal/dropzone"
)

// look finds out whether an object needs a load at all: a settled version needs none, and a pause holds back
// every object that no person asked for.
func (p *Pipeline) look(ctx context.Context, run *dropzone.Run, order *Order) (receipt dropzone.Receipt, done bool, err error) {
	contract := p.name()
	state, paused, err := p.Ledger.Settled(ctx, order.Object)
	switch {
	case err != nil:
		return receipt, false, err
	case state != "":
		return dropzone.Receipt{RunID: run.ID, Object: order.Object, Kind: run.Kind, Contract: contract, State: state, Already: true}, true, nil
	case !paused || order.ByHand:
		return receipt, false, nil
	case order.Again:
		return receipt, true, dropzone.ErrPaused
	}
	held, err := p.Ledger.HoldNotice(ctx)
	return dropzone.Receipt{RunID: run.ID, Object: order.Object, Kind: run.Kind, Contract: contract, Held: held}, held, err
}
