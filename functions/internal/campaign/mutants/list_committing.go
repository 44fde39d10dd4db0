package mutants

// committing are mutants of the end of a transaction.
func committing() []Mutant {
	load := warehouse + "/load.go"
	return []Mutant{
		{
			"unknown commit is a failure", "after an unknown commit the same run finds out", load,
			`return fmt.Errorf("%w: %w", dropzone.ErrCommitUnknown, err)`, `return fmt.Errorf("commit: %w", err)`, warehouse, "TestAnUnknownCommitIsFoundOutByTheSameRun",
		},
		{
			"unknown commit is a success", "after an unknown commit the same run finds out", load,
			`return fmt.Errorf("%w: %w", dropzone.ErrCommitUnknown, err)`, `return nil`, warehouse, "TestAnUnknownCommitIsFoundOutByTheSameRun",
		},
		{
			"unknown commit not tried again", "after an unknown commit the same run finds out", warehouse + "/errors.go",
			`case errors.Is(err, dropzone.ErrCommitUnknown), state == serialization`, `case state == serialization`, warehouse, "TestACommitThatTakesTooLongIsTriedAgain",
		},
		{
			"own receipt not looked for", "a run recognises its own commit", queries + "receipt_of_run.sql",
			`where run_id = $1;`, `where run_id = $1 and false;`, warehouse, "TestAnUnknownCommitIsFoundOutByTheSameRun",
		},
		{
			"COMMIT ends with the caller", "a deadline never cuts a COMMIT off half way", load,
			"ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), commitTime)\n\tdefer cancel()\n\terr := tx.Commit(ctx)",
			"ctx, cancel := context.WithTimeout(ctx, commitTime)\n\tdefer cancel()\n\terr := tx.Commit(ctx)",
			warehouse, "TestTheCallersEndDoesNotCutACommitOff",
		},
		{
			"a rollback commits", "what ends without its COMMIT leaves nothing", load,
			`_ = tx.Rollback(ctx)`, `_ = tx.Commit(ctx)`, warehouse, "TestADryRunWritesNothing",
		},
		{
			"a dry run is committed", "a dry run writes nothing", load,
			"l.receipt.ObjectID = 0 // it goes with the rollback", "err = commit(ctx, tx)", warehouse, "TestADryRunWritesNothing",
		},
		{
			"a rolled back COMMIT is a success", "a COMMIT that the server turned into a rollback is certain", load,
			`return fmt.Errorf("commit: %w", err)`, `return nil`, warehouse, "TestACommitThatTheServerTurnsIntoARollbackIsCertain",
		},
	}
}

// books are mutants of the counts and the quarantine.
func books() []Mutant {
	stage := warehouse + "/stage.go"
	return []Mutant{
		{
			"books not checked", "the database refuses books that do not balance", "sql/migrations/00001_schema.sql",
			`check (rows_read = inserted + updated + stale + duplicate + rejected)`, `check (rows_read >= 0)`, warehouse, "TestTheDatabaseRefusesBooksThatDoNotBalance",
		},
		{
			"stale rows counted as duplicates", "the books say what became of each row", stage,
			"b.Stale = keys - inserted - updated\n\tb.Duplicate = l.rows.events - keys", "b.Duplicate = keys - inserted - updated\n\tb.Stale = l.rows.events - keys",
			warehouse, "TestLoadBringsRowsRejectsAndBooks",
		},
		{
			"updates counted as inserts", "the sum of all inserted rows is the table", merge,
			`held.xmax = 0 as inserted`, `true as inserted`, warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"rejects not counted", "every row is accounted for", stage,
			"b.RowsRead = l.rows.events + l.rows.rejected", "l.rows.rejected = 0\n\tb.RowsRead = l.rows.events", warehouse, "TestLoadBringsRowsRejectsAndBooks",
		},
		{
			"quarantine keeps the first reason", "a replay refreshes the quarantine", queries + "insert_rejects.sql",
			"set contract = excluded.contract, revision = excluded.revision, run_id = excluded.run_id, reason = excluded.reason,", "set run_id = excluded.run_id,",
			warehouse, "TestAReplayUnderAChangedContractRewritesRowsAndResolvesRejects",
		},
		{
			"quarantine never resolved", "what a replay accepts leaves the quarantine", queries + "resolve_rejects.sql",
			`and run_id <> $2 and`, `and run_id = $2 and`, warehouse, "TestAReplayUnderAChangedContractRewritesRowsAndResolvesRejects",
		},
	}
}
