package main

import (
	"fmt"
	"io"

	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type migrateCmd struct{}

// Run brings the schema to its newest version.
func (migrateCmd) Run(a *app) error {
	cfg, err := wiring.Read(wiring.Database)
	if err != nil {
		return err
	}
	address, err := cfg.DatabaseAddress(a.ctx)
	if err != nil {
		return err
	}
	result, err := migrations.Up(a.ctx, address, cfg.DatabaseSchema)
	if err != nil {
		return warehouse.Explain(err)
	}
	return a.print(result, func(w io.Writer) error {
		for _, file := range result.Applied {
			fmt.Fprintln(w, "applied", file)
		}
		for _, notice := range result.Notices {
			fmt.Fprintln(w, "note:", notice)
		}
		_, err := fmt.Fprintf(w, "schema %s is at version %d\n", cfg.DatabaseSchema, result.To)
		return err
	})
}
