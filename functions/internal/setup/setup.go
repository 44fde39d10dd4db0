// Package setup makes a database ready for the programs that load: the schema, the tables of contracts of one's own, and the
// user that loads. It does so for the function migrate and for `eventdrop migrate` alike.
package setup

import (
	"context"
	"errors"
	"log/slog"
	"strings"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

// Result says what was done.
type Result struct {
	Schema string `json:"schema"`
	migrations.Result

	Tables []string `json:"tables"`          // of contracts, that were created
	Login  *Login   `json:"login,omitempty"` // nil: the settings name none
}

// Login says what was done for the user that loads.
type Login struct {
	User string   `json:"user"`
	Done []string `json:"done"` // see [warehouse.Warehouse.EnsureLogin]
}

// Run does all that is missing, as the owner of the schema. Run again, it does nothing. Contracts and the secret are read
// before anything is changed; after that, one fault does not keep the rest from being done.
func Run(ctx context.Context, cfg wiring.Config) (Result, error) {
	r := Result{Schema: cfg.DatabaseSchema, Tables: []string{}}
	cleaners, err := ownContracts(ctx, cfg)
	loader, loaderErr := cfg.Loader(ctx)
	if err = errors.Join(err, loaderErr); err != nil {
		return r, err
	}
	address, err := cfg.DatabaseAddress(ctx)
	if err != nil {
		return r, err
	}
	if r.Result, err = migrations.Up(ctx, address, cfg.DatabaseSchema); err != nil {
		return r, warehouse.Explain(err)
	}
	if len(cleaners) == 0 && loader.Name == "" {
		return r, nil
	}
	return r, r.beyond(ctx, cfg, cleaners, loader)
}

// ownContracts are those that the settings name: the table of the default one comes with the migrations.
func ownContracts(ctx context.Context, cfg wiring.Config) ([]*clean.Cleaner, error) {
	if strings.TrimSpace(cfg.Contract) == "" {
		return nil, nil
	}
	return cfg.ReadContracts(ctx)
}

// beyond does what migrations cannot know of.
func (r *Result) beyond(ctx context.Context, cfg wiring.Config, cleaners []*clean.Cleaner, loader warehouse.Loader) error {
	rules, err := contract.Default()
	if err != nil {
		return err
	}
	w, err := cfg.OpenWarehouse(ctx, rules, 1, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	defer w.Close()
	var errs []error
	for _, c := range cleaners {
		created, err := w.Under(c.Contract()).EnsureTable(ctx)
		if created {
			r.Tables = append(r.Tables, c.Contract().Table)
		}
		errs = append(errs, warehouse.Explain(err))
	}
	if loader.Name != "" {
		done, err := w.EnsureLogin(ctx, loader)
		r.Login = &Login{User: loader.Name, Done: done}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}
