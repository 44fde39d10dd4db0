package mutants

// outcomes are mutants of how the ledger remembers a run that loaded nothing.
func outcomes() []Mutant {
	record := queries + "record_outcome.sql"
	return []Mutant{
		{
			"loaded overwritten by failed", "a late failure never hides a load", record,
			`where objects.state not in ('loaded', 'parked')`, `where objects.state not in ('parked')`, warehouse, "TestAFailureNeverOverwritesALoadedObject",
		},
		{
			"parked overwritten by failed", "a parked object stays parked", record,
			`where objects.state not in ('loaded', 'parked')`, `where objects.state not in ('loaded')`, warehouse, "TestAFailingReplayLeavesALoadedOrParkedObjectAlone",
		},
		{
			"a park leaves older drops open", "a drop that is settled closes the failed ones before it", warehouse + "/outcome.go",
			`w.supersedeOlder(ctx, tx, run.Object, drop)`, `w.supersedeOlder(ctx, tx, run.Object, min(drop, 0))`,
			warehouse, "TestAFailedOlderDropIsClosedByANewerOneThatIsSettled",
		},
		{
			"parked whatever the key holds", "an older drop is not parked behind a newer one", warehouse + "/outcome.go",
			`if err := checkCurrent(ctx, &run); err != nil {`, `if err := checkCurrent(ctx, &run); err != nil && objectID > 0 {`,
			ingest, "TestAnUnreadableObjectThatIsReplacedBeforeItIsParkedIsSuperseded",
		},
		{
			"an outage parks", "unknown never means bad input", ingest + "/conclude.go",
			`return dropzone.Outcome{State: dropzone.Failed, Detail: err.Error(), Retry: p.retryDelay}, false`,
			`return dropzone.Outcome{State: dropzone.Parked, Detail: err.Error()}, true`, ingest, "TestPassingFaultsAreTriedAgainAtOnce",
		},
		{
			"busy is recorded", "an object that somebody else holds leaves no trace", ingest + "/conclude.go",
			`errors.Is(err, dropzone.ErrBusy) || `, ``, ingest, "TestABusyObjectIsHandedBackWithoutATrace",
		},
		{
			"attempts not noted", "an object that kills its loader leaves a trace", ingest + "/apart.go",
			`if order.noted ||`, `if o.Size >= 0 || order.noted ||`, ingest, "TestAnObjectThatKillsItsLoaderIsParked",
		},
		{
			"loader_died never parks", "an object that kills its loader five times is parked", ingest + "/apart.go",
			`case died[0] >= diedTooOften:`, `case died[0] < 0:`, ingest, "TestAnObjectThatKillsItsLoaderIsParked",
		},
		{
			"each immediate try noted", "an outage does not look like a death", ingest + "/apart.go",
			`order.noted, order.leave = true, leave`, `order.noted, order.leave = false, leave`, ingest, "TestImmediateTriesAreOneAttempt",
		},
		{
			"suspects loaded together with others", "no other object shares the blame of a suspect", ingest + "/together.go",
			`died[i] >= suspectFrom`, `died[i] < 0`, ingest, "TestASuspectIsNotLoadedTogetherWithOthers",
		},
		{
			"suspects not loaded alone", "no other object shares the blame of a suspect", ingest + "/apart.go",
			"if !suspect {\n", "if !suspect || a != nil {\n", ingest, "TestAnObjectWhoseLoadersDiedTwiceIsLoadedAlone",
		},
		{
			"two suspects side by side", "no other suspect shares the blame of a suspect that takes long", ingest + "/apart.go",
			`semaphore.NewWeighted(everyone), semaphore.NewWeighted(1)`, `semaphore.NewWeighted(everyone), semaphore.NewWeighted(everyone)`,
			ingest, "TestTwoSuspectsAreNeverSideBySide",
		},
		{
			"a suspect waits while another loader has it", "what another process loads keeps nobody waiting", ingest + "/apart.go",
			`case held:`, `case held && died[0] < 0:`, ingest, "TestAnObjectThatAnotherLoaderHoldsIsHandedBackBeforeTheDoor",
		},
		{
			"suspects apart within their contract only", "a suspect kills the loaders of all contracts", wiring + "/parts.go",
			"apart := &ingest.Apart{}\n\tfor _, cleaner := range cleaners {\n", "for _, cleaner := range cleaners {\n\t\tapart := &ingest.Apart{}\n",
			wiring, "TestAllContractsKeepApartFromTheSameSuspects",
		},
		{
			"noted before the wait for a suspect", "who waits for a suspect does not share the blame", ingest + "/apart.go",
			"leave, err := p.Apart.enter(ctx, suspect)\n\tif err != nil {\n\t\treturn err\n\t}\n\tif err := p.Ledger.NoteAttempt(ctx, o); err != nil {\n\t\tleave()\n",
			"if err := p.Ledger.NoteAttempt(ctx, o); err != nil {\n\t\treturn err\n\t}\n\tleave, err := p.Apart.enter(ctx, suspect)\n\tif err != nil {\n",
			ingest, "TestAnObjectWhoseLoadersDiedTwiceIsLoadedAlone",
		},
		{
			"noted together before the wait for a suspect", "who waits for a suspect does not share the blame", ingest + "/together.go",
			`if leave, err = p.Apart.enter(ctx, false); err != nil {`,
			`if leave, err = p.Apart.enter(ctx, p.Ledger.NoteAttempts(ctx, objects(members)) != nil); err != nil {`,
			ingest, "TestAnObjectWhoseLoadersDiedTwiceIsLoadedAlone",
		},
		{
			"outside before the outcome is recorded", "no suspect is at work beside who can be blamed", ingest + "/pipeline.go",
			"receipt, err = p.conclude(ctx, *run, *order, receipt, err)\n\tif order.leave != nil {\n\t\torder.leave()\n\t}\n",
			"if order.leave != nil {\n\t\torder.leave()\n\t}\n\treceipt, err = p.conclude(ctx, *run, *order, receipt, err)\n",
			ingest, "TestNoSuspectIsAtWorkBesideAnObjectThatCanBeBlamed",
		},
		{
			"a noted attempt is never due", "an object whose loader died is tried again", queries + "note_attempt.sql",
			`'failed', 1, clock_timestamp() + interval '1 minute')`, `'failed', 1, null)`, warehouse, "TestANotedAttemptIsDueWithinAMinute",
		},
	}
}

// retries are mutants of when a run is tried again.
func retries() []Mutant {
	return []Mutant{
		{
			"nothing tried again at once", "passing faults are tried again at once", ingest + "/certain.go",
			`if err != nil && !transient(err) {`, `if err != nil {`, ingest, "TestPassingFaultsAreTriedAgainAtOnce",
		},
		{
			"everything tried again at once", "lasting faults wait", ingest + "/certain.go",
			`if err != nil && !transient(err) {`, `if err != nil && transient == nil {`, ingest, "TestPassingFaultsAreTriedAgainAtOnce",
		},
		{
			"long loads not tried again at once", "after an unknown commit the same run finds out, however long it took", ingest + "/certain.go",
			`, backoff.WithMaxElapsedTime(noLimit))`, `, backoff.WithMaxElapsedTime(noLimit+backoff.DefaultMaxElapsedTime))`,
			ingest, "TestALongLoadWhoseCommitIsUnknownIsRepeated",
		},
		{
			"deadlocks not tried again", "two transactions in each other's way are tried again", warehouse + "/errors.go",
			`state == serialization, state == deadlock:`, `state == serialization:`, warehouse, "TestOnlyPassingFaultsAreTriedAgainAtOnce",
		},
		{
			"lost connections not tried again", "a connection that ends is tried again", warehouse + "/errors.go",
			`return connectionLost(err) || pgconn.SafeToRetry(err)`, `return pgconn.SafeToRetry(err)`, warehouse, "TestOnlyPassingFaultsAreTriedAgainAtOnce",
		},
		{
			"pauses without jitter", "an outage does not end in a stampede", ingest + "/conclude.go",
			`return p.Jitter(ceiling)`, `return ceiling`, ingest, "TestPausesAreSpreadByJitter",
		},
		{
			"jitter that is none", "an outage does not end in a stampede", wiring + "/parts.go",
			`return time.Duration(rand.Int64N(int64(max(limit, 1))))`, `return limit + 0*time.Duration(rand.Int64N(int64(max(limit, 1))))`, wiring, "TestJitterIsFull",
		},
		{
			"failed objects never due", "a failed object is tried for ever", queries + "schedule_retry.sql",
			`make_interval(secs => $2)`, `make_interval(secs => $2, years => 1)`, warehouse, "TestFailedObjectsAreDueAtTheirTimeOldestFirst",
		},
	}
}
