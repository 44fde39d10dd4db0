package mutants

// again are mutants of runs that are asked for by hand, and of reconciles that go on where they stopped.
func again() []Mutant {
	redrive, claim := warehouse+"/redrive.go", warehouse+"/claim.go"
	return []Mutant{
		{
			"a redriven row forgets its drop", "a redriven row has the recency that it had", redrive,
			`r.dropOrder = *r.drop.Order`, `r.dropOrder = 0 * *r.drop.Order`, ingest, "TestOlderVersionsOfOneSecondStayBelowNewerOnes",
		},
		{
			"a replay orders a drop anew", "the order of a drop never changes", queries + "claim.sql",
			`greatest(objects.drop_order, excluded.drop_order)`, `excluded.drop_order`, ingest, "TestAReplayKeepsTheOrderThatADropHadWhenItWasLoaded",
		},
		{
			"a redrive resolves what it refused", "what leaves the quarantine became an event", queries + "resolve_redriven.sql",
			`and run_id <> $5`, `and $5::uuid is not null`, warehouse, "TestARedriveOfManyRowsRunsThemPageByPage",
		},
		{
			"a redrive ends after a page", "every selected row runs again", redrive,
			`for ; more; more, err = r.turnPage(ctx, tx) {`, `for ; more; more = false {`, warehouse, "TestARedriveOfManyRowsRunsThemPageByPage",
		},
		{
			"a redrive locks nothing", "runs of one object take turns", queries + "lock_object.sql",
			`for no key update`, ``, warehouse, "TestARedriveIsBusyWhileAnotherRunHasTheObject",
		},
		{
			"a redrive takes a later drop", "a redrive runs the very drop that was quarantined", claim,
			`if l.run.Drop != 0 && l.run.Drop != l.dropNumber {`, `if l.run.Drop < 0 {`, ingest, "TestARedriveDoesNotMistakeALaterDropOfTheSameBytesForItsOwn",
		},
		{
			"a start waits for loads", "what is being loaded is not interrupted", queries + "resume_interrupted.sql",
			` skip locked`, ``, warehouse, "TestARunningLoadHoldsNobodyUpWhoClosesOrResumesObjects",
		},
		{
			"a retry forgets its drop", "a retry knows which of two drops with equal bytes it is of", warehouse + "/ledger.go",
			`o.LastModified = modified.UTC()`, `_ = modified.UTC()`, ingest, "TestADropThatFailedEndsWhenItsBytesGoAlthoughAnOlderOneHasItsETag",
		},
		{
			"retries end after a page", "what is of no concern does not keep others from their retry", reconcile + "/reconcile.go",
			`if page.last {`, `if page.last || !page.last {`, reconcile, "TestDueObjectsThatAreOfNoConcernStarveNobody",
		},
		{
			"retries never end", "an object is retried once in a run", queries + "due.sql",
			`not between coalesce($4, statement_timestamp()) and`, `not between greatest($4, statement_timestamp()) and`,
			warehouse, "TestDueObjectsComePageByPageEachOnce",
		},
		{
			"a reconcile goes on amid a key", "an interrupted reconcile skips no version", reconcile + "/missing.go",
			`last, next.complete = o.Key, last`, `last, next.complete = o.Key, o.Key`, reconcile, "TestAReconcileThatIsInterruptedAgainAndAgainMissesNothing",
		},
		{
			"a reconcile goes on behind a failure", "an interrupted reconcile skips no object", reconcile + "/reconcile.go",
			`r.report.Through = r.stumbled.before`, `r.report.Through = r.compared`, reconcile, "TestAReconcileThatIsInterruptedAgainAndAgainMissesNothing",
		},
	}
}
