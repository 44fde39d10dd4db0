package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// drill is one kind of proof, as its test names it.
type drill struct {
	name   string // under which its figures are published
	folder string // of its package, below functions/internal/campaign
	test   string
	short  int // how often, in one round; 0: the drill knows
	long   int // how often, as published; 0: as in the short form
	// fixed drills do the same whatever the seed: one round tells all.
	fixed bool
}

// drills lists all, those that need no server first.
func drills() []drill {
	return []drill{
		{name: "schedules on the pure model", folder: "model", test: "TestSchedulesOnThePureModel", short: 100_000, long: 10_000_000},
		{name: "schedules on real PostgreSQL", folder: "schedule", test: "TestSchedulesOnPostgreSQL", short: 500, long: 50_000},
		{name: "schedules on PostgreSQL and MinIO", folder: "schedule", test: "TestSchedulesOnPostgreSQLAndMinIO", short: 100, long: 5_000},
		{name: "crash points", folder: "crash", test: "TestCrashPoints", short: 1, long: 100},
		{name: "SIGKILLs of the runner", folder: "kill", test: "TestTheRunnerIsKilledUnderLoad", short: 20, long: 2_000},
		{name: "SIGKILLs of PostgreSQL and of MinIO", folder: "kill", test: "TestTheServersAreKilledUnderLoad", short: 2, long: 40},
		{name: "COMMITs cut", folder: "network", test: "TestCommitsCut", short: 100, long: 10_000},
		{name: "Toxiproxy between loader and PostgreSQL", folder: "network", test: "TestToxiproxyBeforePostgreSQL", short: 1, long: 50},
		{name: "Toxiproxy between loader and MinIO", folder: "network", test: "TestToxiproxyBeforeMinIO", short: 1, long: 50},
		{name: "PgBouncer in transaction mode", folder: "network", test: "TestPgBouncer", short: 3, long: 50},
		{name: "disk full", folder: "network", test: "TestDiskFull", short: 1, long: 10},
		{name: "notices lost, doubled, reordered", folder: "kill", test: "TestNoticesAreLostDoubledAndReordered", short: 1_000, long: 50_000},
		{name: "a storm of notices", folder: "kill", test: "TestAStormOfNoticesEndsWhereItBegan", short: 200, long: 2_500},
		{name: "rows of the ledger deleted", folder: "kill", test: "TestDeletedRowsOfTheLedgerAreLoadedAgainWithoutHarm", short: 3, long: 100},
		{name: "two reconciles, live traffic and replays at once", folder: "kill", test: "TestReconcilesReplaysAndLiveTrafficAtOnce", short: 1, long: 20},
		{name: "latency under poison", folder: "kill", test: "TestPoisonDoesNotHoldGoodObjectsUp", short: 1, long: 7},
		{name: "mutants caught", folder: "mutants", test: "TestMutants", fixed: true},
	}
}

// list tells a person what there is.
func list(w io.Writer, all []drill) {
	table := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(table, "DRILL\tSHORT\tLONG\tPACKAGE\tTEST")
	for _, d := range all {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", d.name, times(d.short), times(d.long), d.folder, d.test)
	}
	_ = table.Flush() // to a person's terminal
}

func times(n int) string {
	if n == 0 {
		return "all"
	}
	return number(int64(n))
}
