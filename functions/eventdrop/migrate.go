package main

import (
	"fmt"
	"io"

	"eventdrop/functions/internal/setup"
	"eventdrop/functions/internal/wiring"
)

type migrateCmd struct{}

// Run makes the database ready to be loaded into.
func (migrateCmd) Run(a *app) error {
	cfg, err := wiring.Read(wiring.Database)
	if err != nil {
		return err
	}
	result, err := setup.Run(a.ctx, cfg)
	if err != nil {
		return err
	}
	return a.print(result, func(w io.Writer) error { return writeSetup(w, result) })
}

func writeSetup(w io.Writer, r setup.Result) error {
	for _, file := range r.Applied {
		fmt.Fprintln(w, "applied", file)
	}
	for _, notice := range r.Notices {
		fmt.Fprintln(w, "note:", notice)
	}
	for _, table := range r.Tables {
		fmt.Fprintln(w, "created table", table)
	}
	if r.Login != nil {
		for _, done := range r.Login.Done {
			fmt.Fprintf(w, "user %s: %s\n", r.Login.User, done)
		}
	}
	_, err := fmt.Fprintf(w, "schema %s is at version %d\n", r.Schema, r.To)
	return err
}
