package bench

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/sync/errgroup"
)

// merges are the merges of many small objects, ready to be sent.
type merges struct {
	sql     string
	objects [][][]byte // the binary parameters of each
	rows    int
}

// mergeAgain carries all merges out in empty tables, with as many connections as a loader has workers, and nothing beside.
func (p *place) mergeAgain(ctx context.Context, m *merges) (time.Duration, error) {
	if err := p.renew(ctx); err != nil {
		return 0, err
	}
	connections := make([]*pgx.Conn, 0, p.config.Workers)
	defer func() {
		for _, db := range connections {
			_ = db.Close(context.WithoutCancel(ctx)) // nothing is written any more
		}
	}()
	begun := time.Now() // a drain opens its connections, too
	waiting := make(chan [][]byte)
	group, groupCtx := errgroup.WithContext(ctx)
	for range p.config.Workers {
		db, err := p.connect(ctx)
		if err != nil {
			return 0, err
		}
		connections = append(connections, db)
	}
	for _, db := range connections {
		group.Go(func() error { return m.work(groupCtx, db, waiting) })
	}
	group.Go(func() error { return m.feed(groupCtx, waiting) })
	if err := group.Wait(); err != nil {
		return 0, err
	}
	took := time.Since(begun)
	n, err := p.value(ctx, "select count(*) from events")
	if err == nil && n != int64(m.rows) {
		err = fmt.Errorf("the floor merged %d rows of %d", n, m.rows)
	}
	return took, err
}

// feed passes the merges on in the order of the objects.
func (m *merges) feed(ctx context.Context, waiting chan<- [][]byte) error {
	defer close(waiting)
	for _, params := range m.objects {
		select {
		case waiting <- params:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	return nil
}

// work carries out merges on one connection, each in a transaction of its own.
func (m *merges) work(ctx context.Context, db *pgx.Conn, waiting <-chan [][]byte) error {
	statement, err := db.Prepare(ctx, "merge", m.sql)
	if err != nil {
		return fmt.Errorf("prepare the merge: %w", err)
	}
	binaryFormat := []int16{1}
	for params := range waiting {
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			return tx.Conn().PgConn().ExecStatement(ctx, statement, params, binaryFormat, nil).Read().Err
		})
		if err != nil {
			return fmt.Errorf("merge: %w", err)
		}
	}
	return nil
}
