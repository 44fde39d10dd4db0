package network

import (
	"context"
	"math/rand/v2"

	"eventdrop/functions/internal/campaign/world"
)

// bouncer breaks what goes through a pooler.
type bouncer struct{ *world.Bouncer }

// begin implements breaker.
func (b bouncer) begin(fault, *rand.Rand) error {
	b.Kill()
	return nil
}

// end implements breaker.
func (b bouncer) end(ctx context.Context, _ fault) error { return b.Start(ctx) }
