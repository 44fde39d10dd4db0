package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type doctorCmd struct{}

type checkView struct {
	Check string `json:"check"`
	OK    bool   `json:"ok"`
	Fault string `json:"fault,omitempty"`
}

// Run checks everything that `serve` needs and goes on after a fault, to find all of them.
func (doctorCmd) Run(a *app) error {
	var checks []checkView
	note := func(name string, err error) {
		c := checkView{Check: name, OK: err == nil}
		if err != nil {
			c.Fault = err.Error()
		}
		checks = append(checks, c)
	}
	cfg, err := wiring.Read(wiring.Database | wiring.Store | wiring.Webhook)
	note("settings", err)
	parts, err := wiring.Assemble(a.ctx, cfg, cfg.Logger(io.Discard))
	note("contracts and connections can be prepared", err)
	if err == nil {
		defer parts.Close()
		ctx, cancel := context.WithTimeout(a.ctx, 15*time.Second)
		defer cancel()
		if cfg.DatabaseURL != "" || cfg.DatabaseSecret != "" {
			note("PostgreSQL answers and has the tables of this version", ready(ctx, parts.Warehouse))
			for _, w := range parts.Warehouses {
				noteTable(ctx, w, note)
			}
		}
		if parts.Store != nil && cfg.S3Bucket != "" {
			note("the bucket can be listed", parts.Store.CheckBucket(ctx, cfg.S3Bucket, cfg.S3Prefix))
		}
	}
	if err := a.print(checks, func(w io.Writer) error { return writeChecks(w, checks) }); err != nil {
		return err
	}
	for _, c := range checks {
		if !c.OK {
			return errors.New("not everything is well: see above")
		}
	}
	return nil
}

// noteTable checks what one contract needs of PostgreSQL.
func noteTable(ctx context.Context, w *warehouse.Warehouse, note func(string, error)) {
	c := w.Contract()
	note(fmt.Sprintf("table %s fits the contract %s", c.Table, c.Name), warehouse.Explain(w.CheckTable(ctx)))
	note("the user may load into "+c.Table, warehouse.Explain(w.CheckPrivileges(ctx)))
}

func writeChecks(w io.Writer, checks []checkView) error {
	for _, c := range checks {
		verdict := "ok   "
		if !c.OK {
			verdict = "FAULT"
		}
		fmt.Fprintf(w, "%s  %s\n", verdict, c.Check)
		if !c.OK {
			fmt.Fprintf(w, "       %s\n", c.Fault)
		}
	}
	return nil
}
