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
	Check   string `json:"check"`
	OK      bool   `json:"ok"`
	Fault   string `json:"fault,omitempty"`
	Skipped string `json:"skipped,omitempty"` // why it was not checked
}

// Run checks everything that `serve` needs and goes on after a fault, to find all of them.
func (doctorCmd) Run(a *app) error {
	d := &doctor{patience: 15 * time.Second}
	cfg, err := wiring.Read(wiring.Database | wiring.Store | wiring.Webhook)
	d.note("settings", err)
	parts, err := wiring.Assemble(a.ctx, cfg, cfg.Logger(io.Discard))
	d.note("contracts and connections can be prepared", err)
	if err == nil {
		defer parts.Close()
		d.examine(a.ctx, parts)
	}
	if err := a.print(d.checks, func(w io.Writer) error { return writeChecks(w, d.checks) }); err != nil {
		return err
	}
	for _, c := range d.checks {
		if !c.OK {
			return errors.New("not everything is well: see above")
		}
	}
	return nil
}

// doctor collects checks.
type doctor struct {
	patience time.Duration // with each check: a server that does not answer must not make others look ill
	checks   []checkView
}

func (d *doctor) note(name string, err error) {
	c := checkView{Check: name, OK: err == nil}
	if err != nil {
		c.Fault = err.Error()
	}
	d.checks = append(d.checks, c)
}

func (d *doctor) check(ctx context.Context, name string, run func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	err := run(ctx)
	d.note(name, err)
	return err
}

// examine checks the servers that the settings name.
func (d *doctor) examine(ctx context.Context, parts *wiring.Parts) {
	cfg := parts.Config
	if cfg.DatabaseURL != "" || cfg.DatabaseSecret != "" {
		d.examineDatabase(ctx, parts)
	}
	if parts.Store != nil && cfg.S3Bucket != "" {
		_ = d.check(ctx, "the bucket can be listed", func(ctx context.Context) error {
			return parts.Store.CheckBucket(ctx, cfg.S3Bucket, cfg.S3Prefix)
		})
	}
}

// examineDatabase checks what each contract needs of PostgreSQL, if PostgreSQL can be asked.
func (d *doctor) examineDatabase(ctx context.Context, parts *wiring.Parts) {
	err := d.check(ctx, "PostgreSQL answers and has the tables of this version", func(ctx context.Context) error {
		return ready(ctx, parts.Warehouse)
	})
	if _, otherVersion := errors.AsType[*warehouse.SchemaError](err); err != nil && !otherVersion {
		d.checks = append(d.checks, checkView{Check: "tables and privileges of the contracts", Skipped: "not checked: PostgreSQL cannot be asked"})
		return
	}
	for _, w := range parts.Warehouses {
		c := w.Contract()
		_ = d.check(ctx, fmt.Sprintf("table %s fits the contract %s", c.Table, c.Name), func(ctx context.Context) error {
			return warehouse.Explain(w.CheckTable(ctx))
		})
		_ = d.check(ctx, "the user may load into "+c.Table, func(ctx context.Context) error {
			return warehouse.Explain(w.CheckPrivileges(ctx))
		})
	}
}

func writeChecks(w io.Writer, checks []checkView) error {
	for _, c := range checks {
		verdict, why := "ok   ", ""
		switch {
		case c.Skipped != "":
			verdict, why = "-    ", c.Skipped
		case !c.OK:
			verdict, why = "FAULT", c.Fault
		}
		fmt.Fprintf(w, "%s  %s\n", verdict, c.Check)
		if why != "" {
			fmt.Fprintf(w, "       %s\n", why)
		}
	}
	return nil
}
