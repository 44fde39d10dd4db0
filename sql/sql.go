// Package sql holds all SQL: migrations, in order, and the statements that package warehouse runs.
// Every file can be read and run with psql.
package sql

import "embed"

// Migrations are goose migrations, applied by `eventdrop migrate`.
//
//go:embed migrations/*.sql
var Migrations embed.FS

// Queries are the statements of package warehouse, one a file, with $1, $2 ... as parameters.
//
//go:embed queries/*.sql
var Queries embed.FS

// Templates are statements whose columns are those of a contract, in the language of package text/template.
//
//go:embed templates/*.sql
var Templates embed.FS

// Version is that of the newest migration. A constant, so that programs which only compare it link no migration.
const Version = 8
