package mutants

// reading are mutants of how bytes become records.
func reading() []Mutant {
	return []Mutant{
		{
			"wrapped io.EOF ends the text", "only io.EOF itself is the end", csvfile + "/source.go",
			`return err == io.EOF`, "e, ok := err.(interface{ Unwrap() error })\n\treturn err == io.EOF || ok && e.Unwrap() == io.EOF", csvfile, "TestSourceErrorPassesUntouched",
		},
		{
			"a cut within a gzip member's name", "a stream that is cut is damaged", csvfile + "/gzip.go",
			`err = io.ErrUnexpectedEOF`, `err = io.EOF`, csvfile, "TestCutMembersFailWhole",
		},
		{
			"wrapped io.EOF ends the rows", "only io.EOF itself is the end", warehouse + "/rowreader.go",
			`case err == io.EOF:`, `case err == io.EOF, err != nil && fmt.Sprint(err) == "read object: EOF":`, warehouse, "TestTheRowsErrorComesBackUnchangedAndLeavesNothing",
		},
		{
			"length not compared", "a body that is cut is not an object", bucket + "/body.go",
			`if b.read != b.Object.Size {`, `if b.read > b.Object.Size {`, bucket, "TestBodyWithoutLengthIsMeasured",
		},
		{
			"MD5 not compared", "damaged bytes are not an object", bucket + "/body.go",
			`return b.sum.verify()`, `return nil`, bucket, "TestBodyIsComparedWithItsHash",
		},
		{
			"last line without an end accepted", "a cut file never changes a value", csvfile + "/record.go",
			`case !e.ended && !r.options.FinalNewlineOptional:`, `case !e.ended && r.options.FinalNewlineOptional:`, csvfile, "TestCutFileNeverChangesAValue",
		},
		{
			"a cut archive is a lost connection", "a damaged object is parked, not tried for ever", warehouse + "/errors.go",
			`errors.Is(err, dropzone.ErrStage), unreadable(err):`, `errors.Is(err, dropzone.ErrStage):`, ingest, "TestACutArchiveIsReadOnce",
		},
	}
}

// listing are mutants of reconcile.
func listing() []Mutant {
	missing := queries + "missing.sql"
	return []Mutant{
		{
			"only current versions listed", "every version is loaded", bucket + "/list.go",
			`WithVersions: versions}`, `WithVersions: versions && opts.After != ""}`, bucket, "TestListShowsEveryVersionAndNoDeleteMarker",
		},
		{
			"last page not compared", "every listed object is compared with the ledger", reconcile + "/missing.go",
			"next.complete = last\n\tsend(next)", "next.complete = last", reconcile, "TestWhatNoNoticeDeliveredIsLoaded",
		},
		{
			"a failed listing loads nothing", "what a listing showed is loaded, however it ends", reconcile + "/missing.go",
			"next.err = err\n\t\t\tsend(next)", "send(page{err: err})",
			reconcile, "TestAListingThatFailsIsReportedAndWhatItShowedIsLoaded",
		},
		{
			"a cut listing passes for whole", "a listing that ends early is an error", bucket + "/list.go",
			`if ctx.Err() != nil {`, `if ctx == nil {`, bucket, "TestListThatIsCutIsAnError",
		},
		{
			"one failure ends a reconcile", "a bad object does not stop the others", reconcile + "/reconcile.go",
			`; errors.Is(err, dropzone.ErrPaused) {`, `; err != nil {`, reconcile, "TestOneFailureDoesNotStopTheOthers",
		},
		{
			"missing: gone is final", "superseded and gone are not for ever", missing,
			`or o.state in ('loaded', 'parked')`, `or o.state in ('loaded', 'parked', 'gone', 'superseded')`, warehouse, "TestWhatAListingShowsIsMissingUntilItIsSettledOrWaits",
		},
		{
			"missing: versions ignored", "equal bytes under a new version are another object", missing,
			`and o.version_id = l.version_id and`, `and`, warehouse, "TestAVersionIsMissingWhateverOtherVersionsOfItsKeyAre",
		},
		{
			"missing: ETags ignored", "replaced bytes are missing", missing,
			`and o.etag = l.etag`, ``, warehouse, "TestAReplacedKeyIsMissingUnlessItsNewestDropIsTheListedOne",
		},
		{
			"missing: last-modified ignored", "equal bytes put again are missing", missing,
			`l.version_id = '' and o.last_modified = l.last_modified and not exists`, `l.version_id = '' and not exists`, warehouse, "TestAReplacedKeyIsMissingUnlessItsNewestDropIsTheListedOne",
		},
		{
			"missing: older drops count", "the older bytes put again are missing", missing,
			`and newer.drop_number > o.drop_number`, `and newer.drop_number < 0`, warehouse, "TestAReplacedKeyIsMissingUnlessItsNewestDropIsTheListedOne",
		},
	}
}

// noticing are mutants of what the receiver and the parser make of notices.
func noticing() []Mutant {
	pipeline, receiver := ingest+"/pipeline.go", runner+"/receiver.go"
	return []Mutant{
		{
			"any bucket accepted", "a notice about another bucket is ignored", pipeline,
			`return o.Bucket == p.Scope.Bucket && strings`, `return strings`, ingest, "TestOnlyTheScopeAndTheContractsKeysAreAccepted",
		},
		{
			"any prefix accepted", "a notice about another prefix is ignored", pipeline,
			`strings.HasPrefix(o.Key, p.Scope.Prefix) &&`, ``, ingest, "TestOnlyTheScopeAndTheContractsKeysAreAccepted",
		},
		{
			"raw key leaves the scope", "a forged notice reads nothing outside of the scope", pipeline,
			`object.Key != asked.Key && !p.Accepts(object)`, `object.Key == "" && !p.Accepts(object)`, ingest, "TestTheRawKeyIsTriedWithinTheScope",
		},
		{
			"keys not decoded", "the key of a notice is decoded once", notice + "/key.go",
			`url.QueryUnescape(spelled)`, `url.PathUnescape(spelled)`, notice, "TestDecodeKeyUndoesEveryEncodingOfEveryKey",
		},
		{
			"500 for bad data", "one bad notice does not hold back the sender's queue", receiver,
			"result.Error = err.Error()", "answer(w, http.StatusInternalServerError, result)\n\t\treturn", runner, "TestReceiverAnswers",
		},
		{
			"any token taken", "a notice carries the right token", receiver,
			`subtle.ConstantTimeCompare(got[:], want[:]) != 1 ||`, `subtle.ConstantTimeCompare(got[:], want[:]) > 1 ||`, runner, "TestReceiverAnswers",
		},
		{
			"200 from a full queue", "a notice is acknowledged only when it waits", receiver,
			`if !queue.offer(o) {`, `if !queue.offer(o) && req == nil {`, runner, "TestAFullQueueTellsTheSenderToComeBack",
		},
	}
}
