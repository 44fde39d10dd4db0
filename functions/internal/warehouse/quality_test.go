package warehouse

import (
	"testing"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// quality is the view quality_by_hour, in one line.
const quality = `select string_agg(concat_ws(' ', extract(hour from hour at time zone 'UTC'), rule, column_name, case when repaired then 'repaired' end, rows, 'in', objects),
	', ' order by hour, rule, column_name) from quality_by_hour`

// Every object counts once in the hour in which it was dropped, whatever runs it took; what a later run accepted is no
// reject any more, and its repairs are repairs.
func TestQualityByHourCountsNothingTwice(t *testing.T) {
	t.Parallel()
	before, after := newMended(t)
	at := func(key string, hour int) dropzone.Object {
		o := object(key)
		o.LastModified = time.Date(2026, 11, 23, hour, 10, 0, 0, time.UTC)
		return o
	}
	csv := header + priced(id1, "1.005") + priced(id2, "50.005") + priced("broken", "5")
	first := before.load(at("a.csv", 10), csv).ObjectID
	before.load(at("b.csv", 10), header+priced(id3, "60"))
	before.load(at("c.csv", 12), csv)
	const want = "10 above_maximum price 2 in 2, 10 invalid_uuid event_id 1 in 1, 10 rounded price repaired 1 in 1, " +
		"12 above_maximum price 1 in 1, 12 invalid_uuid event_id 1 in 1, 12 rounded price repaired 1 in 1"
	before.expect(want, quality)
	before.load(at("a.csv", 10), csv)
	before.replay(at("a.csv", 10), csv)
	before.replay(at("b.csv", 10), header+priced(id3, "60"))
	before.redrive(before.redriveRun(first))
	before.expect(want, quality)

	for range 2 {
		after.redrive(after.redriveRun(first))
		after.replay(at("c.csv", 12), csv)
		after.expect("10 above_maximum price 1 in 1, 10 invalid_uuid event_id 1 in 1, 10 rounded price repaired 2 in 1, "+
			"12 invalid_uuid event_id 1 in 1, 12 rounded price repaired 2 in 1", quality)
	}
	after.expect("true", "select (select sum(rows) from quality_by_hour where not repaired) = (select count(*) from rejected_rows where resolved_at is null)")
}

// What is in no table is in no count.
func TestQualityByHourKnowsNothingOfParkedObjectsAndDryRuns(t *testing.T) {
	t.Parallel()
	h := newHarnessFor(t, func(c *contract.Contract) { c.MaxRejectedRows = 1 })
	csv := header + priced(id1, "1.005") + priced("broken", "5") + priced("worse", "5")
	run := h.run(object("a.csv"), csv)
	_, err := h.Load(t.Context(), run)
	if err == nil {
		t.Fatal("it was loaded")
	}
	h.record(run.Object, dropzone.Outcome{State: dropzone.Parked, Reason: dropzone.TooManyRejects})
	dry := h.run(object("b.csv"), header+priced(id1, "1.005")+priced("broken", "5"))
	dry.DryRun = true
	h.loadRun(dry)
	h.expect("null", quality)
}
