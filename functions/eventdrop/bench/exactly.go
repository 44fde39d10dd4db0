package bench

import (
	"context"
	"fmt"
)

// exactly fails unless the tables have so many rows, each exactly once.
func (p *place) exactly(ctx context.Context, rows int) error {
	lost, doubled, err := p.wrong(ctx, rows)
	if err == nil && (lost != 0 || doubled != 0) {
		err = fmt.Errorf("of %d rows %d were lost and %d came twice", rows, lost, doubled)
	}
	return err
}

// wrong counts rows that were lost, and rows that are too many: in the table, or in the books as one that was written again.
func (p *place) wrong(ctx context.Context, rows int) (lost, doubled int64, err error) {
	held, err := p.value(ctx, "select count(*) from events")
	if err != nil {
		return 0, 0, err
	}
	written, err := p.value(ctx, "select coalesce(sum(inserted + updated + stale + duplicate), 0)::bigint from receipts")
	if err != nil {
		return 0, 0, err
	}
	expected := int64(rows)
	return max(0, expected-min(held, written)), max(0, max(held, written)-expected), nil
}
