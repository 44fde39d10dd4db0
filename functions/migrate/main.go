// Command migrate is the AWS Lambda function that makes a database ready to be loaded into: it brings the schema to its newest
// version, creates the tables of contracts of one's own, and makes the user that loads. It is invoked by hand at each
// deployment, with the login of the schema's owner, because a private database cannot be reached from anywhere else.
package main

import (
	"context"
	"encoding/json"

	"github.com/aws/aws-lambda-go/lambda"

	"eventdrop/functions/internal/setup"
	"eventdrop/functions/internal/wiring"
)

func main() { lambda.Start(migrate) }

// MigrateError says that the database is not ready, or not all of it. Lambda reports the type's name.
type MigrateError struct{ Err error }

func (e *MigrateError) Error() string { return e.Err.Error() }

func (e *MigrateError) Unwrap() error { return e.Err }

// migrate takes no notice of its event.
func migrate(ctx context.Context, _ json.RawMessage) (setup.Result, error) {
	cfg, err := wiring.Read(wiring.Database)
	if err != nil {
		return setup.Result{}, err //nolint:wrapcheck // Lambda reports the outermost type: it must be *wiring.SettingsError
	}
	result, err := setup.Run(ctx, cfg)
	if err != nil {
		return setup.Result{}, &MigrateError{Err: err}
	}
	return result, nil
}
