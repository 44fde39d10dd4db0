package model

// rules can be switched off one at a time: then a schedule must be found that the oracle does not accept.
type rules struct {
	guard           bool // merges overwrite whatever is there
	modified        bool // last-modified is no part of recency
	sourceHash      bool // nor is the source
	dropOrder       bool // nor the drop's order
	line            bool // nor the line
	revision        bool // nor the contract's revision
	occurrence      bool // equal records without an id are one event
	batchWinner     bool // of an event's rows in one object the first is kept
	dropIdentity    bool // a key's ETag is loaded once for ever
	keyIdentity     bool // a key is loaded once for ever
	lastModified    bool // where bytes are replaced, equal bytes are the same drop, whenever they were put
	claimInside     bool // the claim is committed before the rows
	together        bool // the rows are committed before the books
	lockKey         bool // two drops of a key may be loaded at a time
	checkCurrent    bool // the key is not looked at under its lock
	inTime          bool // a key that was loaded is left to the next reconcile, whatever its notices say
	ifMatch         bool // the key's bytes are taken for those that were asked for
	ownReceipt      bool // a run whose commit is unknown is taken for another one
	supersededAgain bool // superseded is for ever
	goneAgain       bool // gone is for ever
	noncurrent      bool // hidden versions are not listed
	parkedAnew      bool // a key that was parked once stays so
	replayClaims    bool // what is settled is not replayed
	redriveRecency  bool // redriven rows come last
	redriveResolves bool // and stay in quarantine
	threshold       bool // no number of rejects parks an object
	retries         bool // failed objects are not due again
	dueModified     bool // a retry does not know the last-modified of its drop
	supersedeOlder  bool // failed drops whose bytes are gone wait for ever
}
