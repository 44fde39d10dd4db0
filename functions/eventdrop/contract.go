package main

import (
	"fmt"
	"io"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

type contractCmd struct {
	New   contractNewCmd   `cmd:"" help:"Propose a contract for files like this one."`
	Check contractCheckCmd `cmd:"" help:"Find all faults of contracts, of each for itself and side by side, also against their tables where the settings name a database."`
	Show  contractShowCmd  `cmd:"" help:"Show what a contract says."`
	DDL   contractDDLCmd   `cmd:"" name:"ddl" help:"Print the SQL that creates a contract's table."`
}

// namedContract is the argument of the commands that work with one contract.
type namedContract struct {
	Contract string `arg:"" optional:"" name:"name|file|s3://bucket/key" help:"A built-in contract (ecommerce_events, original_pipeline), a file or an object; else the one of the settings."`
}

// read parses and compiles the contract. The settings are those that need no server.
func (n namedContract) read(a *app) (*contract.Contract, wiring.Config, error) {
	cfg, err := wiring.Read(0)
	if err != nil {
		return nil, cfg, err
	}
	if n.Contract == "" {
		names := cfg.ContractNames()
		if len(names) > 1 {
			return nil, cfg, fmt.Errorf("%w: the settings name %d contracts: say which one", errUsage, len(names))
		}
		n.Contract = names[0]
	}
	cleaner, err := cfg.ReadContract(a.ctx, n.Contract)
	if err != nil {
		return nil, cfg, err
	}
	return cleaner.Contract(), cfg, nil
}

type contractDDLCmd struct{ namedContract }

// Run prints statements that psql can run.
func (c *contractDDLCmd) Run(a *app) error {
	rules, cfg, err := c.read(a)
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

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
