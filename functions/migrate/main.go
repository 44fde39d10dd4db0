// Command migrate is the AWS Lambda function that brings the schema to its newest version. It is invoked by hand at each
// deployment, with the login of the schema's owner, because a private database cannot be reached from anywhere else.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"

	"eventdrop/functions/internal/migrations"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/functions/internal/wiring"
)

func main() { lambda.Start(migrate) }

// answer is what whoever invokes the function is told.
type answer struct {
	Schema string `json:"schema"`
	migrations.Result
}

// MigrateError says that the schema was not brought to its newest version. Lambda reports the type's name.
type MigrateError struct{ Err error }

func (e *MigrateError) Error() string { return e.Err.Error() }

func (e *MigrateError) Unwrap() error { return e.Err }

// migrate takes no notice of its event.
func migrate(ctx context.Context, _ json.RawMessage) (answer, error) {
	cfg, err := wiring.Read(wiring.Database)
	if err != nil {
		return answer{}, err //nolint:wrapcheck // Lambda reports the outermost type: it must be *wiring.SettingsError
	}
	address, err := cfg.DatabaseAddress(ctx)
	if err != nil {
		return answer{}, &MigrateError{Err: err}
	}
	result, err := migrations.Up(ctx, address, cfg.DatabaseSchema)
	if err != nil {
		return answer{}, &MigrateError{Err: warehouse.Explain(err)}
	}
	return answer{Schema: cfg.DatabaseSchema, Result: result}, nil
}
