package sql_test

import (
	"io/fs"
	"testing"

	"eventdrop/sql"
)

// Programs refuse a schema of another version: the constant must follow the files.
func TestVersionIsThatOfTheNewestMigration(t *testing.T) {
	t.Parallel()
	files, err := fs.Glob(sql.Migrations, "migrations/*.sql")
	if err != nil || len(files) != sql.Version {
		t.Errorf("%d migrations, %v; Version is %d", len(files), err, sql.Version)
	}
}
