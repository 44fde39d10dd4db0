package lambdahost_test

import (
	"fmt"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/lambdahost/runtimeapi"
)

// N15, N19: of ten messages, exactly the one whose object was not loaded for a reason that may pass comes again.
func TestOfTenMessagesExactlyTheTransientFailureIsReported(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	store := newMoodyStore(t, w)
	f := start(t, w, "ingest", "EVENTDROP_S3_ENDPOINT="+store.URL)
	var bodies []string
	for i := range 7 {
		key := fmt.Sprintf("good-%d.csv", i)
		put(t, w, key, rows(10*i, 3))
		bodies = append(bodies, bare(w, key))
	}
	put(t, w, "poison.csv", "a,b\n1,2\n")
	put(t, w, "moody.csv", rows(1000, 3))
	bodies = append(bodies, bare(w, "poison.csv"), bare(w, "moody.csv"), `{"nonsense":true}`)
	batch := sqsBatch(bodies...)
	f.accepts(batch, failures("m9"))
	check := func(loaded, failed string) {
		t.Helper()
		if got := w.Value("select string_agg(state || ' ' || n, ', ' order by state) from (select state, count(*) n from objects group by state) s"); got != failed+"loaded "+loaded+", parked 1" {
			t.Errorf("states: %s", got)
		}
	}
	check("7", "")
	store.heal()
	f.accepts(batch, failures()) // SQS is free to deliver all of them again
	check("8", "")
	w.CheckBooks()
	for _, metric := range []string{`"ObjectsParked":1`, `"ObjectsFailed":1`, `"NoticesMalformed":1`, `"RowsInserted":21`, `"request_id":"` + runtimeapi.RequestID} {
		if !strings.Contains(f.logs.String(), metric) {
			t.Errorf("the log has no %s:\n%s", metric, f.logs)
		}
	}
}

// N15: a sender that cannot take a part of its notification back gets an error whose type an alarm can name.
func TestAnotherSenderThanSQSGetsANamedError(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	store := newMoodyStore(t, w)
	f := start(t, w, "ingest", "EVENTDROP_S3_ENDPOINT="+store.URL)
	put(t, w, "moody.csv", rows(0, 3))
	put(t, w, "good.csv", rows(10, 3))
	both := "[" + bare(w, "moody.csv") + "," + bare(w, "good.csv") + "]"
	f.refuses(both, "NotLoadedError", "1 of 2 objects")
	f.refuses(`{}`, "MalformedNoticeError", "want a notification")
	store.heal()
	f.accepts(both, `{"objects":2,"failed":0,"ignored":0,"malformed":0}`)
	f.accepts(`{"bucket":"another","key":"a.csv"}`, `{"objects":0,"failed":0,"ignored":1,"malformed":0}`)
	w.CheckBooks()
}

// A pause acknowledges and counts notices, also those that SQS delivers again, and nothing is loaded.
func TestAPauseHoldsNoticesBack(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	f := start(t, w, "ingest")
	put(t, w, "a.csv", rows(0, 3))
	if _, err := w.Parts.Warehouse.Pause(t.Context(), "a test"); err != nil {
		t.Fatal(err)
	}
	f.accepts(sqsBatch(bare(w, "a.csv")), failures())
	f.accepts(strings.ReplaceAll(sqsBatch(bare(w, "a.csv")), `ReceiveCount":"1"`, `ReceiveCount":"2"`), failures())
	if got := w.Value("select held || ' ' || (select count(*) from objects) from pauses"); got != "2 0" {
		t.Errorf("held and objects: %s", got)
	}
	if _, err := w.Parts.Warehouse.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.accepts(bare(w, "a.csv"), done)
}

// What comes again may have killed its loader, and its attempt is noted. What another loader holds is handed
// back, and nothing is recorded.
func TestABusyObjectIsHandedBack(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	f := start(t, w, "ingest")
	o := put(t, w, "a.csv", rows(0, 3))
	tx, err := w.DB.Pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tx.Exec(t.Context(), `insert into objects (bucket, key, version_id, etag, drop_number, state) values ($1, $2, $3, $4, 1, 'failed')`,
		o.Bucket, o.Key, o.VersionID, o.ETag); err != nil {
		t.Fatal(err)
	}
	f.accepts(sqsBatch(bare(w, "a.csv")), failures("m1"))
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(f.logs.String(), `"ObjectsBusy":1`) || w.Value("select count(*) from objects") != "0" {
		t.Errorf("not told, or recorded:\n%s", f.logs)
	}
	f.accepts(strings.Replace(sqsBatch(bare(w, "a.csv")), `ReceiveCount":"1"`, `ReceiveCount":"2"`, 1), failures())
	w.CheckBooks()
}

// The pooler gives each transaction another session.
func TestIngestThroughPgBouncer(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	bouncer := world.NewBouncer(t, w.NewLogin().String(), 2)
	f := start(t, w, "ingest", "EVENTDROP_DATABASE_URL="+bouncer.Address.String()+"&default_query_exec_mode=cache_describe")
	put(t, w, "large.csv", rows(0, 20_000))
	put(t, w, "small.csv", rows(100_000, 10))
	f.accepts(sqsBatch(bare(w, "large.csv"), bare(w, "small.csv"), bare(w, "large.csv")), failures())
	bouncer.Kill() // the connection that was kept is gone
	if err := bouncer.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	put(t, w, "later.csv", rows(200_000, 10))
	f.accepts(bare(w, "later.csv"), done)
	if got := w.Value("select count(*) from events"); got != "20020" {
		t.Errorf("%s events", got)
	}
	w.CheckBooks()
}
