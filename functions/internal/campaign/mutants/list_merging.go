package mutants

// merging are mutants of the merge itself.
func merging() []Mutant {
	return []Mutant{
		{
			"arrival wins", "an update replaces what came first", merge,
			"on conflict (%[3]s) do update set %[7]s\n  where %[8]s", "on conflict (%[3]s) do nothing", warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"merge in no order", "concurrent merges take their locks in one order", merge,
			"select distinct on (%[3]s%[9]s) %[4]s\n  from (%[5]s) source\n  order by %[3]s%[9]s, %[6]s desc, object_modified desc, source_hash desc, drop_order desc, line_no desc",
			"select * from (select distinct on (%[3]s%[9]s) %[4]s\n  from (%[5]s) source\n  order by %[3]s%[9]s, %[6]s desc, object_modified desc, source_hash desc, drop_order desc, line_no desc) winners order by random()",
			warehouse, "TestOppositeOrderDoesNotDeadlock",
		},
		{
			"first line of a batch wins", "a batch is de-duplicated by recency", merge,
			"drop_order desc, line_no desc", "drop_order desc, line_no", warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"last line of a batch wins", "a batch is de-duplicated by the column that the contract names", merge,
			"%[6]s desc, object_modified desc, source_hash desc, drop_order desc, line_no desc", "line_no desc", warehouse, "TestTheColumnThatTheContractNamesDecidesFirst",
		},
		{
			"line before object in a batch of several", "a batch of several objects is de-duplicated by the whole recency", merge,
			"%[6]s desc, object_modified desc, source_hash desc, drop_order desc, line_no desc", "%[6]s desc, line_no desc", warehouse, "TestAnyOrderOfObjectsGivesOneTable",
		},
		{
			"equal records counted over several objects", "the same record in another object is the same event", merge,
			`partition = "object_id, record_hash"`, `partition = "record_hash"`, warehouse, "TestKeysOfObjectsThatAreLoadedTogetherAreDerivedForEach",
		},
		{
			"settled objects loaded together with others", "an object is loaded once", warehouse + "/together.go",
			`if settled[i] {`, `if settled[i] && l == nil {`, warehouse, "TestWhatCannotBeLoadedTogetherIsLeftOut",
		},
		{
			"columns merged one by one", "an event replaces the whole row", merge,
			`name+" = excluded."+name`, `name+" = coalesce(excluded."+name+", held."+name+")"`, warehouse, "TestTheWinnerReplacesTheWholeRow",
		},
		{
			"drop_order not updated", "recency goes with its event", merge,
			`if name != key {`, `if name != key && name != "drop_order" {`, warehouse, "TestReplacedBytesEndWithWhatTheKeyHolds",
		},
		{
			"occurrence ignored", "two equal records of one object stay two", merge,
			`row_number() over (partition by %[3]s order by line_no)`, `row_number() over (partition by %[3]s, line_no)`, warehouse, "TestRecordsWithoutAnIDAreKnownByContentAndOccurrence",
		},
		{
			"line in a derived key", "the same record in another object is the same event", merge,
			`row_number() over (partition by %[3]s order by line_no)`, `line_no + 0 * row_number() over (partition by %[3]s)`, warehouse, "TestRecordsWithoutAnIDAreKnownByContentAndOccurrence",
		},
		{
			"staging table kept", "a load leaves nothing on its connection", warehouse + "/table.go",
			`on commit delete rows`, `on commit preserve rows`, warehouse, "TestAConnectionComesBackClean",
		},
		{
			"limits outlive the transaction", "a load leaves nothing on its connection", queries + "limits.sql",
			`set_config('statement_timeout', $2, true)`, `set_config('statement_timeout', $2, false)`, warehouse, "TestAConnectionComesBackClean",
		},
		{
			"one COPY only", "rows behind many rejects are loaded, too", warehouse + "/stage.go",
			`done = l.rows.complete`, `done = true`, warehouse, "TestManyRejectsAreWrittenInTurnsWithTheRows",
		},
		{
			"COPY without a header", "a large object loads as a small one does", warehouse + "/stage.go",
			`io.MultiReader(bytes.NewReader(copyHeader()), rows`, `io.MultiReader(rows`, warehouse, "TestALargeObjectLoadsAsASmallOneDoes",
		},
		{
			"keys in conflict given up", "a large object loads although a key turns out to be there", warehouse + "/direct.go",
			`state == uniqueViolation || state == deadlock`, `state == deadlock`, warehouse, "TestKeysThatAreNotNewAreMergedThroughTheStagingTable",
		},
		{
			"known keys not looked for", "a large object that is there already is read once", warehouse + "/direct.go",
			`return known[0][0] == 0, nil`, `return known[0][0] >= 0, nil`, warehouse, "TestKeysThatAreNotNewAreMergedThroughTheStagingTable",
		},
		{
			"absent keys copied", "a large object with records without a key loads", warehouse + "/direct.go",
			`if r.derived {`, `if r.derived && false {`, warehouse, "TestKeysThatAreNotNewAreMergedThroughTheStagingTable",
		},
		{
			"recency of a copied row", "rows are the same whichever way they came", warehouse + "/direct.go",
			`modified := o.LastModified.UnixMicro()`, `modified := o.LastModified.UnixMicro() + 1`, warehouse, "TestALargeObjectOfNewKeysIsCopiedStraightIntoTheTable",
		},
		{
			"copied again and again", "a large object loads although a key turns out to be there", ingest + "/pipeline.go",
			`run.Staged = true`, `run.Staged = false`, ingest, "TestALargeObjectWhoseLastKeyIsThereIsReadTwice",
		},
		{
			"record as typed in its hash", "12.5 and 12.50 are the same record", clean + "/hash.go",
			`hashedCell{asTyped, h.text[start:]}`, `hashedCell{asTyped, cell[:len(cell)+0*start]}`, clean, "TestRecordsThatMeanTheSameHashAlike",
		},
		{
			"normalisation changed", "derived keys never change", clean + "/hash.go",
			`eventdrop record 1\n`, `eventdrop record 2\n`, clean, "TestRecordHashesNeverChange",
		},
		{
			"limits of mended columns free", "where wrong values are mended, what is wrong stays", contract + "/identity.go",
			`col.addLimits(parts)`, ``, clean, "TestNoHashChangesUnderOneIdentity",
		},
		{
			"meanings of spellings free", "a spelling keeps its value where keys are derived", contract + "/identity.go",
			`col.addReadings(parts)`, ``, clean, "TestNoHashChangesUnderOneIdentity",
		},
		{
			"another case of the key accepted", "a key is read as it was", contract + "/identity.go",
			`parts["type"+ofColumn+key.Name] = key.identity()`, ``, warehouse, "TestAChangeOfHowTheKeyIsReadIsRefused",
		},
		{
			"any alias accepted", "a column that keys were derived from stays unknown", warehouse + "/shape.go",
			`if derived {`, `if derived && false {`, warehouse, "TestAnAliasForWhatKeysAreDerivedFromIsRefused",
		},
		{
			"every alias refused that came", "an alias does harm only where keys are derived", warehouse + "/shape.go",
			`if derived {`, `if derived || true {`, warehouse, "TestAnAliasForWhatKeysAreDerivedFromIsRefused",
		},
	}
}
