package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"eventdrop/functions/internal/reconcile"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type pauseCmd struct {
	Reason string `placeholder:"TEXT" help:"Why; others see it in 'status' and in the log."`
}

// Run keeps every loader of the schema from loading anything by itself.
func (c *pauseCmd) Run(a *app) error {
	parts, _, err := a.parts(wiring.Database)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	pause, err := parts.Warehouse.Pause(a.ctx, c.Reason)
	if err != nil {
		return err
	}
	return a.print(pause, func(w io.Writer) error {
		_, err := fmt.Fprintln(w, describePause(pause))
		return err
	})
}

type resumeCmd struct{}

type resumeView struct {
	Pause     *warehouse.Pause `json:"pause"` // the one that ended; null: there was none
	Reconcile reconcile.Report `json:"reconcile"`
}

// Run ends the pause, if there is one, and reconciles.
func (*resumeCmd) Run(a *app) error {
	parts, _, err := a.parts(wiring.Database | wiring.Store)
	if err != nil {
		return err
	}
	defer parts.Close()
	if err := parts.Warehouse.Ping(a.ctx); err != nil {
		return err
	}
	var view resumeView
	if view.Pause, err = parts.Warehouse.Resume(a.ctx); err != nil {
		return err
	}
	view.Reconcile, err = a.reconcile(parts, &reconcileCmd{})
	return errors.Join(a.print(view, view.write), stopped(view.Reconcile, err))
}

func (v *resumeView) write(w io.Writer) error {
	if v.Pause == nil {
		fmt.Fprintln(w, "was not paused")
	} else {
		fmt.Fprintf(w, "was paused since %s; notices held: %d\n", v.Pause.Since.Format(time.RFC3339), v.Pause.Held)
	}
	return writeReconcile(w, v.Reconcile)
}

// describePause is one line for a person.
func describePause(p *warehouse.Pause) string {
	text := fmt.Sprintf("PAUSED    since %s, notices held: %d", p.Since.Format(time.RFC3339), p.Held)
	if p.Reason != "" {
		text += ", because: " + p.Reason
	}
	return text
}
