package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type contractCmd struct {
	New   contractNewCmd   `cmd:"" help:"Propose a contract for files like this one."`
	Check contractCheckCmd `cmd:"" help:"Find all faults of a contract, also against its table where the settings name a database."`
	Show  contractShowCmd  `cmd:"" help:"Show what a contract says."`
	DDL   contractDDLCmd   `cmd:"" name:"ddl" help:"Print the SQL that creates a contract's table."`
}

// namedContract is the argument of the commands that work with one contract.
type namedContract struct {
	Contract string `arg:"" optional:"" name:"name|file" help:"A built-in contract (ecommerce_events, original_pipeline) or a file; else the one of the settings."`
}

// read parses and compiles the contract. The settings are those that need no server.
func (n namedContract) read() (*contract.Contract, wiring.Config, error) {
	cfg, err := wiring.Read(0)
	if err != nil {
		return nil, cfg, err
	}
	c, err := wiring.Contract(cmp.Or(n.Contract, cfg.Contract, contract.EmbeddedNames()[0]))
	if err != nil {
		return nil, cfg, err
	}
	_, err = clean.Compile(c)
	return c, cfg, err
}

type contractDDLCmd struct{ namedContract }

// Run prints statements that psql can run.
func (c *contractDDLCmd) Run(a *app) error {
	rules, cfg, err := c.read()
	if err != nil {
		return err
	}
	statements, err := warehouse.CreateTable(rules, cfg.DatabaseSchema)
	if err != nil {
		return err
	}
	return a.print(map[string]string{"sql": statements}, func(w io.Writer) error {
		_, err := io.WriteString(w, statements)
		return err
	})
}

type contractCheckCmd struct{ namedContract }

type contractCheckView struct {
	Contract string           `json:"contract"`
	Table    string           `json:"table"`
	Database bool             `json:"database"` // whether the table was looked at
	Faults   []contract.Fault `json:"faults"`
}

// Run reports all faults. Where the contract has any, it is refused.
func (c *contractCheckCmd) Run(a *app) error {
	rules, cfg, err := c.read()
	view := contractCheckView{Contract: c.Contract, Faults: []contract.Fault{}}
	if err == nil {
		view.Contract, view.Table = rules.Name, rules.Table
		view.Database = cfg.DatabaseURL != ""
		err = a.checkTable(rules, cfg)
	}
	invalid, refused := errors.AsType[*contract.InvalidError](err)
	if err != nil && !refused {
		return err
	}
	if refused {
		view.Faults = invalid.Faults
	}
	if err := a.print(view, func(w io.Writer) error { return view.write(w, invalid) }); err != nil {
		return err
	}
	if refused {
		return errRefused
	}
	return nil
}

// checkTable compares the contract with the database of the settings, if they name one.
func (a *app) checkTable(rules *contract.Contract, cfg wiring.Config) error {
	if cfg.DatabaseURL == "" {
		return nil
	}
	w, err := warehouse.Open(a.ctx, warehouse.Config{
		URL: cfg.DatabaseURL, Schema: cfg.DatabaseSchema, MaxConns: 1, ApplicationName: "eventdrop",
	}, rules)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := w.Ping(a.ctx); err != nil {
		return err
	}
	return warehouse.Explain(w.CheckTable(a.ctx))
}

func (v *contractCheckView) write(w io.Writer, invalid *contract.InvalidError) error {
	if invalid != nil {
		fmt.Fprintln(w, invalid)
		fmt.Fprintf(w, "%s in the contract. Mend it and check again.\n", plural(len(v.Faults), "fault"))
		return nil
	}
	fmt.Fprintf(w, "contract %s is sound\n", v.Contract)
	if v.Database {
		fmt.Fprintf(w, "table %s fits it\n", v.Table)
	} else {
		fmt.Fprintf(w, "table %s was not looked at: EVENTDROP_DATABASE_URL is not set\n", v.Table)
	}
	return nil
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
