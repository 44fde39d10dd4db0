package main

import (
	"errors"
	"fmt"
	"io"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type contractCheckCmd struct {
	Contracts []string `arg:"" optional:"" name:"name|file|s3://bucket/key" help:"Built-in contracts (ecommerce_events, original_pipeline), files or objects, to be used side by side; else those of the settings."`
}

// contractCheckView is what was found out about one contract.
type contractCheckView struct {
	Source   string           `json:"source"`   // as it was named
	Contract string           `json:"contract"` // empty where it could not be read so far
	Table    string           `json:"table"`
	Database bool             `json:"database"` // whether the table was looked at
	Faults   []contract.Fault `json:"faults"`

	file  string
	rules *contract.Contract // nil where it could not be read so far
}

// Run reports all faults: of each contract for itself, beside the others, and with its table. A contract that has any is
// refused.
func (c *contractCheckCmd) Run(a *app) error {
	cfg, err := wiring.Read(0)
	if err != nil {
		return err
	}
	if len(c.Contracts) == 0 {
		c.Contracts = cfg.ContractNames()
	}
	views, err := c.read(a, cfg)
	if err == nil && (cfg.DatabaseURL != "" || cfg.DatabaseSecret != "") {
		err = a.checkTables(views, cfg)
	}
	if err != nil {
		return err
	}
	if err := a.print(views, func(w io.Writer) error { return writeContractChecks(w, views) }); err != nil {
		return err
	}
	for i := range views {
		if len(views[i].Faults) > 0 {
			return errRefused
		}
	}
	return nil
}

// read reads each contract and judges it beside those before it.
func (c *contractCheckCmd) read(a *app, cfg wiring.Config) ([]contractCheckView, error) {
	views := make([]contractCheckView, len(c.Contracts))
	var read []*contract.Contract
	for i, source := range c.Contracts {
		v := &views[i]
		v.Source, v.Faults = source, []contract.Fault{}
		cleaner, err := cfg.ReadContract(a.ctx, source)
		if err == nil {
			v.rules = cleaner.Contract()
			v.Contract, v.Table = v.rules.Name, v.rules.Table
			err = v.rules.Beside(read)
			read = append(read, v.rules)
		}
		if err := v.note(err); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// note keeps the faults of a contract, and returns every other error.
func (v *contractCheckView) note(err error) error {
	invalid, ok := errors.AsType[*contract.InvalidError](err)
	if !ok {
		return err
	}
	v.file, v.Faults = invalid.File, append(v.Faults, invalid.Faults...)
	return nil
}

// checkTables compares the contracts with the database of the settings.
func (a *app) checkTables(views []contractCheckView, cfg wiring.Config) error {
	for i := range views {
		v := &views[i]
		if v.rules == nil {
			continue
		}
		if err := v.note(a.checkTable(v.rules, cfg)); err != nil {
			return err
		}
		v.Database = true
	}
	return nil
}

func (a *app) checkTable(rules *contract.Contract, cfg wiring.Config) error {
	w, err := cfg.OpenWarehouse(a.ctx, rules, 1, nil)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Ping(a.ctx); err != nil {
		return err
	}
	return warehouse.Explain(w.CheckTable(a.ctx))
}

func writeContractChecks(w io.Writer, views []contractCheckView) error {
	faults := 0
	for i := range views {
		views[i].write(w)
		faults += len(views[i].Faults)
	}
	if faults == 0 {
		return nil
	}
	_, err := fmt.Fprintf(w, "%s found. Mend what is wrong and check again.\n", plural(faults, "fault"))
	return err
}

func (v *contractCheckView) write(w io.Writer) {
	switch {
	case len(v.Faults) > 0:
		fmt.Fprintln(w, &contract.InvalidError{File: v.file, Faults: v.Faults})
	case v.Database:
		fmt.Fprintf(w, "contract %s is sound, and table %s fits it\n", v.Contract, v.Table)
	default:
		fmt.Fprintf(w, "contract %s is sound; table %s was not looked at: EVENTDROP_DATABASE_URL is not set\n", v.Contract, v.Table)
	}
}
