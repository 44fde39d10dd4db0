package mutants

// Where the mutants are, and their tests.
const (
	warehouse = "functions/internal/warehouse"
	ingest    = "functions/internal/ingest"
	reconcile = "functions/internal/reconcile"
	bucket    = "functions/internal/bucket"
	runner    = "functions/internal/runner"
	csvfile   = "functions/internal/csvfile"
	clean     = "functions/internal/clean"
	contract  = "functions/internal/contract"
	notice    = "functions/internal/notice"
	wiring    = "functions/internal/wiring"
	dropzone  = "functions/internal/dropzone"
	eventdrop = "functions/eventdrop"

	merge   = warehouse + "/merge.go"
	queries = "sql/queries/"
)

// parts is the recency order as the guard compares it.
const parts = `"recency_at", "object_modified", "source_hash", "drop_order", "line_no", "revision"`

// recency are mutants of the order that decides which version of an event wins.
func recency() []Mutant {
	guard := func(name, breaks, order, test string) Mutant {
		return Mutant{name, breaks, merge, `parts := []string{` + parts + `}`, `parts := []string{` + order + `}`, warehouse, test}
	}
	return []Mutant{
		{
			"guard off", "a row is replaced only by a newer event", merge,
			`"(excluded.%s) > (held.%s)"`, `"(excluded.%s) > (held.%s) or true"`, warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"guard reversed", "the newest event wins, not the oldest", merge,
			`"(excluded.%s) > (held.%s)"`, `"(excluded.%s) < (held.%s)"`, warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"guard with >=", "the same event again writes nothing", merge,
			`"(excluded.%s) > (held.%s)"`, `"(excluded.%s) >= (held.%s)"`, warehouse, "TestAReplayUnderTheSameRevisionUpdatesNothing",
		},
		guard("recency_at dropped", "the column that the contract names decides first",
			`"object_modified", "source_hash", "drop_order", "line_no", "revision"`, "TestTheColumnThatTheContractNamesDecidesFirst"),
		guard("object_modified dropped", "of equal recency_at, the later object wins",
			`"recency_at", "source_hash", "drop_order", "line_no", "revision"`, "TestTheLaterObjectWinsWhereTheColumnIsEqual"),
		guard("source_hash dropped", "two keys of one second have one order",
			`"recency_at", "object_modified", "drop_order", "line_no", "revision"`, "TestAnyOrderOfObjectsGivesOneTable"),
		guard("drop_order dropped", "two drops of a key in one second keep their order",
			`"recency_at", "object_modified", "source_hash", "line_no", "revision"`, "TestReplacedBytesEndWithWhatTheKeyHolds"),
		guard("line_no dropped", "a line decides before the revision",
			`"recency_at", "object_modified", "source_hash", "drop_order", "revision"`, "TestALineDecidesBeforeTheRevision"),
		guard("revision dropped", "a replay under a new revision rewrites rows of the same line",
			`"recency_at", "object_modified", "source_hash", "drop_order", "line_no"`, "TestARevisionDecidesLast"),
		guard("revision before line_no", "a line decides before the revision",
			`"recency_at", "object_modified", "source_hash", "drop_order", "revision", "line_no"`, "TestALineDecidesBeforeTheRevision"),
		guard("line_no before drop_order", "the drop decides before the line",
			`"recency_at", "object_modified", "source_hash", "line_no", "drop_order", "revision"`, "TestAnyOrderOfObjectsGivesOneTable"),
		guard("source_hash before object_modified", "the time decides before the key",
			`"recency_at", "source_hash", "object_modified", "drop_order", "line_no", "revision"`, "TestTheLaterObjectWinsWhereTheColumnIsEqual"),
		{
			"recency from the clock", "recency knows nothing of the arrival", merge,
			`recency := "object_modified"`, `recency := "clock_timestamp()"`, warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"source_hash of the bucket only", "two keys of one second have one order", dropzone + "/object.go",
			`[]byte(o.Bucket + "\x00" + o.Key)`, `[]byte(o.Bucket)`, warehouse, "TestTwoKeysOfOneSecondHaveOneOrder",
		},
		{
			"version rank ignored", "versions of one second have the order of the listing", warehouse + "/claim.go",
			`l.dropNumber, l.dropOrder = 1, l.run.Object.VersionRank`, `l.dropNumber, l.dropOrder = 1, 0`, warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"version rank not asked for", "versions of one second have the order of the listing", ingest + "/pipeline.go",
			`	case same:`, `	case same && err != nil:`, ingest, "TestTheRankOfAVersion",
		},
		{
			"delete markers in the rank", "a notice and a listing give a version one rank", bucket + "/rank.go",
			`found != nil && !entry.IsDeleteMarker`, `found != nil`, bucket, "TestListTellsTheRanksOfVersions",
		},
		{
			"rank of a young version taken from the listing", "a listing may not show all versions of an instant yet", bucket + "/list.go",
			`time.Since(entry.LastModified) > rankSettled`, `time.Since(entry.LastModified) > 0*rankSettled`, bucket, "TestListTellsTheRanksOfVersions",
		},
		{
			"milliseconds not in the rank", "versions of one second are ordered by what never changes", dropzone + "/object.go",
			`int32(millisecond)*1_000_000 + older`, `int32(millisecond)*0 + older`, dropzone, "TestRankWithinAMillisecond",
		},
		{
			"precise last-modified of another second", "a notice is a hint, which the store must confirm", ingest + "/pipeline.go",
			`asked.PreciseModified.Truncate(time.Second).Equal(object.LastModified)`, `asked.PreciseModified.After(object.LastModified)`,
			ingest, "TestTheRankOfAVersion",
		},
		{
			"sequencer of any store", "sequencers of different stores do not compare", notice + "/collect.go",
			`n.EventSource != "minio:s3"`, `n.EventSource == "none"`, notice, "TestOnlyMinIOsSequencerIsRead",
		},
		{
			"rank in the listing not compared", "a version that was loaded with a too low rank comes again", queries + "missing.sql",
			`coalesce(o.drop_order >= l.version_rank, true)`, `true`, warehouse, "TestAVersionThatWasLoadedWithATooLowRankIsMissing",
		},
		{
			"misordered versions count as loaded", "a version that was loaded with a too low rank comes again", ingest + "/look.go",
			`case found.Misordered:`, `case found.Misordered && found.Paused:`, ingest, "TestVersionsOfOneMillisecondAreOrderedByTheNextListing",
		},
		{
			"rank stays what it was first", "a version that was loaded with a too low rank comes again", queries + "claim.sql",
			`greatest(objects.drop_order, excluded.drop_order)`, `coalesce(objects.drop_order, excluded.drop_order)`,
			warehouse, "TestAVersionThatWasLoadedWithATooLowRankIsMissing",
		},
	}
}
