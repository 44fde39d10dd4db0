package mutants

// identity are mutants of what makes two notices, or two listings, the same drop.
func identity() []Mutant {
	which := queries + "which_drop.sql"
	return []Mutant{
		{
			"known by key only", "a new version of a key is another object", queries + "claim.sql",
			`values ($1, $2, $3, $4, $5,`, `values ($1, $2, left($3, 0), left($4, 0), $5,`, warehouse, "TestAParkedDropIsSettledAndANewOneOfItsKeyLoads",
		},
		{
			"known by key and ETag", "equal bytes under a new version are another object", queries + "claim.sql",
			`values ($1, $2, $3, $4, $5,`, `values ($1, $2, left($3, 0), $4, $5,`, warehouse, "TestAParkedDropIsSettledAndANewOneOfItsKeyLoads",
		},
		{
			"known by ETag before the lock", "bytes that can be replaced are never settled by their name", queries + "settled.sql",
			`and version_id <> '' and`, `and`, warehouse, "TestSettledKnowsVersionsOnly",
		},
		{
			"equal bytes put again ignored", "a drop is known by its ETag and last-modified", which,
			`last_modified = coalesce($4, last_modified)`, `coalesce($4, last_modified) is not null`, warehouse, "TestEqualBytesPutAgainBringTheirRecencyForward",
		},
		{
			"any settled drop counts", "bytes A, B, A are three drops", which,
			`select drop_number from newest where etag = $3 and last_modified = coalesce($4, last_modified)`,
			`select drop_number from drops where settled and etag = $3 and last_modified = coalesce($4, last_modified) order by 1 desc limit 1`,
			warehouse, "TestReplacedBytesEndWithWhatTheKeyHolds",
		},
		{
			"drops not counted", "bytes A, B, A are three drops", which,
			`coalesce(max(drop_number), 0) + 1`, `1`, warehouse, "TestReplacedBytesEndWithWhatTheKeyHolds",
		},
		{
			"a retry is a new drop", "a failed drop stays one drop", which,
			`where etag = $3 and not settled and`, `where false and`, warehouse, "TestAFailedDropThatIsRetriedStaysOneDrop",
		},
		{
			"null counts as a version", "bytes stored without versioning can be replaced", dropzone + "/object.go",
			`if id == "null" {`, `if id == "none" {`, bucket, "TestOpenFindsTheNullVersionUnderNewerOnes",
		},
		{
			"times finer than seconds", "GET, HEAD and LIST tell the same time", bucket + "/stat.go",
			`t.UTC().Truncate(time.Second)`, `t.UTC()`, bucket, "TestListCutsTimesToSeconds",
		},
		{
			"GET without If-Match", "an object is read at the bytes that were asked for", bucket + "/open.go",
			`if !obj.Versioned() && obj.ETag != "" {`, `if obj.Versioned() && obj.ETag != "" {`, bucket, "TestOpenPinsTheRequest",
		},
		{
			"GET without version id", "an object is read at the version that was asked for", bucket + "/open.go",
			`GetObjectOptions{VersionID: version, Checksum: true}`, `GetObjectOptions{Checksum: true}`, bucket, "TestOpenPinsTheRequest",
		},
	}
}

// claiming are mutants of the claim, by which one of many loads an object.
func claiming() []Mutant {
	return []Mutant{
		{
			"claim whatever the state", "a loaded object is not loaded again", queries + "claim.sql",
			`where objects.state = any($11)`, `where objects.state = any($11) or true`, warehouse, "TestASecondDeliveryWritesNothing",
		},
		{
			"superseded is final", "superseded and gone are not for ever", warehouse + "/claim.go",
			`{dropzone.Failed, dropzone.Superseded, dropzone.Gone}`, `{dropzone.Failed}`,
			warehouse, "TestWhatAListingShowsIsMissingUntilItIsSettledOrWaits",
		},
		{
			"claim committed on its own", "claim, rows and books are one transaction", warehouse + "/load.go",
			"if err := l.stageAndMerge(ctx, tx); err != nil {",
			"if err = tx.Commit(ctx); err != nil {\n\t\treturn l.receipt, err\n\t}\n\tif tx, err = conn.Begin(ctx); err != nil {\n\t\treturn l.receipt, err\n\t}\n" +
				"\tdefer rollback(ctx, tx)\n\tif err := l.stageAndMerge(ctx, tx); err != nil {",
			warehouse, "TestTheRowsErrorComesBackUnchangedAndLeavesNothing",
		},
		{
			"no lock on the key", "drops of a key are numbered one after the other", queries + "lock_key.sql",
			`hashtextextended($1 || '/' || $2, 0)`, `hashtextextended($1 || '/' || $2 || random(), 0)`, warehouse, "TestABusyObjectIsHandedBack",
		},
		{
			"no HEAD under the lock", "only what the key holds now is loaded", warehouse + "/claim.go",
			`if run.Current == nil {`, `if run.Current == nil || run.Kind != "" {`, warehouse, "TestReplacedOrDeletedBytesAreNotLoaded",
		},
		{
			"HEAD compares ETags only", "equal bytes put again are another drop", warehouse + "/claim.go",
			` || !now.LastModified.Equal(run.Object.LastModified)`, ``, warehouse, "TestReplacedOrDeletedBytesAreNotLoaded",
		},
		{
			"busy is a failure", "an object that somebody else holds is handed back", warehouse + "/errors.go",
			`if sqlState(err) == lockNotAvailable {`, `if sqlState(err) == deadlock {`, warehouse, "TestABusyObjectIsHandedBack",
		},
		{
			"queue drops notices of objects at work", "a notice may be about newer bytes than those being loaded", runner + "/queue.go",
			`case q.known[id], o.Versioned() && q.working[id] > 0:`, `case q.known[id], q.working[id] > 0:`, runner, "TestQueueAndObjectsBeingLoaded",
		},
	}
}
