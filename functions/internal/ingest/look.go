package ingest

import (
	"context"

	"eventdrop/functions/internal/dropzone"
)

// look finds out whether an object needs a load at all: a settled version needs none, unless a listing has told that it was
// loaded in a wrong order, and a pause holds back every object that no person asked for.
func (p *Pipeline) look(ctx context.Context, run *dropzone.Run, order *Order) (receipt dropzone.Receipt, done bool, err error) {
	contract := p.name()
	found, err := p.Ledger.Look(ctx, order.Object)
	switch {
	case err != nil:
		return receipt, false, err
	case found.Misordered:
		run.Kind = dropzone.Replay // its rows come again under their right rank
	case found.State != "":
		return dropzone.Receipt{RunID: run.ID, Object: order.Object, Kind: run.Kind, Contract: contract, State: found.State, Already: true}, true, nil
	}
	switch {
	case !found.Paused || order.ByHand:
		return receipt, false, nil
	case order.Again:
		return receipt, true, dropzone.ErrPaused
	}
	held, err := p.Ledger.HoldNotice(ctx)
	return dropzone.Receipt{RunID: run.ID, Object: order.Object, Kind: run.Kind, Contract: contract, Held: held}, held, err
}
