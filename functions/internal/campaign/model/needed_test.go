package model

import "testing"

// A model that cannot fail proves nothing: without any one of its rules, a schedule must be found that
// the oracle does not accept.
func TestEveryRuleIsNeeded(t *testing.T) {
	t.Parallel()
	const enough = 20_000
	tests := []struct {
		name string
		off  rules
	}{
		{"guard", rules{guard: true}},
		{"last-modified in recency", rules{modified: true}},
		{"source hash in recency", rules{sourceHash: true}},
		{"drop order in recency", rules{dropOrder: true}},
		{"line in recency", rules{line: true}},
		{"revision in recency", rules{revision: true}},
		{"occurrence in derived keys", rules{occurrence: true}},
		{"winner of the batch", rules{batchWinner: true}},
		{"drops have an identity", rules{dropIdentity: true}},
		{"ETags have an identity", rules{keyIdentity: true}},
		{"last-modified in the identity of a drop", rules{lastModified: true}},
		{"claim inside the transaction", rules{claimInside: true}},
		{"rows and books together", rules{together: true}},
		{"lock on the key", rules{lockKey: true}},
		{"a look at the key under its lock", rules{checkCurrent: true}},
		{"what a notice names is loaded in time", rules{inTime: true}},
		{"If-Match", rules{ifMatch: true}},
		{"own receipt after an unknown commit", rules{ownReceipt: true}},
		{"superseded objects are loaded when listed", rules{supersededAgain: true}},
		{"gone objects are loaded when listed", rules{goneAgain: true}},
		{"noncurrent versions are listed", rules{noncurrent: true}},
		{"a parked key loads anew", rules{parkedAnew: true}},
		{"a replay claims what is settled", rules{replayClaims: true}},
		{"redriven rows keep their recency", rules{redriveRecency: true}},
		{"redriven rows leave the quarantine", rules{redriveResolves: true}},
		{"too many rejects park", rules{threshold: true}},
		{"failed objects are due again", rules{retries: true}},
		{"failed drops that were overwritten are closed", rules{supersedeOlder: true}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			draws, s := Draws(), newSystem()
			s.off = test.off
			for i := range enough {
				schedule := draws.Example(i)
				if v := s.live(&schedule); v.Complaint != "" {
					t.Logf("found after %d schedules: %s", i, v.Complaint)
					return
				}
			}
			t.Errorf("%d schedules got by without it", enough)
		})
	}
}

// Schedules seldom come across this one: one in 470,000 did.
func TestARetryMustKnowWhichDropItIsOf(t *testing.T) {
	t.Parallel()
	equalBytesTwice := Schedule{Bodies: []Body{{Rows: []Row{{}}}}, Steps: []Step{
		{Action: Put}, {Action: Deliver}, {Action: Tick}, {Action: Put}, {Action: Reconcile, Trouble: Crash, At: 2}, {Action: Delete},
	}}
	for _, off := range []bool{false, true} {
		s := newSystem()
		s.off.dueModified = off
		if v := s.live(&equalBytesTwice); (v.Complaint != "") != off {
			t.Errorf("without the rule %v: %+v", off, v)
		}
	}
}
