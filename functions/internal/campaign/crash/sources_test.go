package crash

import (
	"path/filepath"
	"testing"
)

//nolint:gochecknoglobals // lists
var build = Build{
	// What stands on the way of the data.
	Packages: []string{
		"functions/internal/bucket", "functions/internal/ingest", "functions/internal/reconcile", "functions/internal/warehouse",
	},
	// What does nothing that can be half done: it sets up, encodes one value, words a message, or serves
	// commands that only read or are one statement.
	LeaveOut: []string{
		"functions/internal/bucket/bucket.go",
		"functions/internal/bucket/check.go",
		"functions/internal/bucket/config.go",
		"functions/internal/bucket/errors.go",
		"functions/internal/bucket/file.go",
		"functions/internal/bucket/hint.go",
		"functions/internal/bucket/md5.go",
		"functions/internal/bucket/watch.go",
		"functions/internal/reconcile/young.go",
		"functions/internal/warehouse/backlog.go",
		"functions/internal/warehouse/connections.go",
		"functions/internal/warehouse/ddl.go",
		"functions/internal/warehouse/encode.go",
		"functions/internal/warehouse/errors.go",
		"functions/internal/warehouse/explain.go",
		"functions/internal/warehouse/export.go",
		"functions/internal/warehouse/loader.go",
		"functions/internal/warehouse/login.go",
		"functions/internal/warehouse/pause.go",
		"functions/internal/warehouse/ping.go",
		"functions/internal/warehouse/position.go",
		"functions/internal/warehouse/queries.go",
		"functions/internal/warehouse/rejects.go",
		"functions/internal/warehouse/report.go",
		"functions/internal/warehouse/scram.go",
		"functions/internal/warehouse/shape.go",
		"functions/internal/warehouse/table.go",
		"functions/internal/warehouse/warehouse.go",
	},
	// A few hundred rows are a large object here, are copied in several chunks, and fill the quarantine's buffer: every way
	// through the loader is gone for the price of a small one. And a listing tells the order of young versions, too: the way of an
	// object does not depend on its age.
	Constants: map[string]string{
		"warehouse.smallRows": "100", "warehouse.directChunk": "4 << 10", "warehouse.maxPendingRejects": "40", "bucket.rankSettled": "-time.Hour",
	},
}

// unreachable functions need a fault that is no death, a wrong command, or the runner.
//
//nolint:gochecknoglobals // a list
var unreachable = []string{
	"bucket.Body.fail",
	"bucket.Store.measure",
	"ingest.Pipeline.retryDelay",
	"ingest.names",
	"reconcile.Reconciler.LoadMissing",
	"reconcile.Reconciler.RetryDue",
}

// fewest is how many points there are at least: with fewer, the instrumenter has lost some.
const fewest = 800

func root(t *testing.T) string {
	t.Helper()
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	return root
}
