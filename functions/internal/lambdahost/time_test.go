package lambdahost_test

import (
	"strings"
	"syscall"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
)

// interrupted is a function in the middle of a large load: the store has stopped sending, and the transaction is open.
type interrupted struct {
	*function

	w     *world.World
	store *moodyStore
	login string // the name of the function's database user
	begun time.Time
}

const largeRows = 200_000

func interrupt(t *testing.T, limit time.Duration) *interrupted {
	t.Helper()
	w := world.New(t, world.Options{Versioned: true})
	store := newMoodyStore(t, w)
	user := w.NewLogin()
	f := start(t, w, "ingest", "EVENTDROP_S3_ENDPOINT="+store.URL, "EVENTDROP_DATABASE_URL="+user.String())
	put(t, w, "slow.csv", strings.ReplaceAll(rows(0, largeRows), ",u", ",a-user-with-a-long-name-so-that-the-object-is-large-enough-u"))
	i := &interrupted{function: f, w: w, store: store, login: user.User.Username(), begun: time.Now()}
	f.begin(sqsBatch(bare(w, "slow.csv")), limit)
	select {
	case <-store.stalled:
	case a := <-f.api.Answers:
		t.Fatalf("it answered %+v before the body stalled\n%s", a, f.logs)
	case <-time.After(long):
		t.Fatalf("the body is not read:\n%s", f.logs)
	}
	w.Eventually("true", "select count(*) > 0 from pg_stat_activity where usename = $1 and xact_start is not null and state <> 'idle'", i.login)
	return i
}

// ends wants the load to have ended well, once.
func (i *interrupted) ends() {
	i.t.Helper()
	i.store.heal()
	if got := i.w.Value("select count(*) from events"); got != "0" && got != "200000" {
		i.t.Errorf("%s rows are visible", got)
	}
	if i.w.Value("select count(*) from objects where state = 'loaded'") == "0" {
		i.accepts(sqsBatch(bare(i.w, "slow.csv")), failures())
	}
	if got := i.w.Value("select count(*) || ' ' || (select count(*) from receipts) || ' ' || (select sum(inserted) from receipts) from events"); got != "200000 1 200000" {
		i.t.Errorf("events, receipts, inserted: %s", got)
	}
	i.w.CheckBooks()
}

// R3, R4: a load is stopped before the deadline and handed back. A function that is frozen after its answer holds no lock: the
// server knew the deadline, too, as its statement_timeout.
func TestTheDeadlineHandsALargeLoadBack(t *testing.T) {
	t.Parallel()
	const limit = 20 * time.Second
	i := interrupt(t, limit)
	if a := i.end(); a.Failed || a.Body != failures("m1") || time.Since(i.begun) > limit {
		t.Errorf("after %s: %+v\n%s", time.Since(i.begun), a, i.logs)
	}
	i.signal(syscall.SIGSTOP)
	i.w.Eventually("0", locks, i.w.DB.Schema)
	if open := i.w.Value("select count(*) from pg_stat_activity where usename = $1 and xact_start is not null", i.login); open != "0" {
		t.Errorf("%s transactions are open", open)
	}
	i.signal(syscall.SIGCONT)
	if !strings.Contains(i.logs.String(), `"ObjectsHandedBack":1`) {
		t.Errorf("it is not counted:\n%s", i.logs)
	}
	i.ends()
}

// R3: 200 ms are enough to say that they were not.
func TestAShortDeadlineHandsEverythingBack(t *testing.T) {
	t.Parallel()
	w := world.New(t, world.Options{Versioned: true})
	f := start(t, w, "ingest")
	f.accepts(`{"Event":"s3:TestEvent"}`, `{"objects":0,"failed":0,"ignored":1,"malformed":0}`) // it is ready
	body := rows(0, largeRows)
	put(t, w, "one.csv", body)
	put(t, w, "two.csv", body)
	batch := sqsBatch(bare(w, "one.csv"), bare(w, "two.csv"))
	limit := 200 * time.Millisecond
	f.begin(batch, limit)
	a := f.end()
	for a.Failed && strings.Contains(a.Body, "NotReadyError") && limit < 800*time.Millisecond { // not even the look at PostgreSQL had its time
		limit *= 2
		f.begin(batch, limit)
		a = f.end()
	}
	if a.Failed || a.Body != failures("m1", "m2") {
		t.Errorf("answer %+v\n%s", a, f.logs)
	}
	if got := w.Value("select count(*) from events"); got != "0" {
		t.Errorf("%s rows are visible", got)
	}
	w.Eventually("0", locks, w.DB.Schema)
	f.accepts(batch, failures())
	if got := w.Value("select count(*) from events"); got != "200000" {
		t.Errorf("%s events", got)
	}
	w.CheckBooks()
}

// R2: SIGTERM hands back, rolls back and gives the connection back.
func TestSIGTERMHandsALargeLoadBack(t *testing.T) {
	t.Parallel()
	i := interrupt(t, long)
	i.signal(syscall.SIGTERM)
	if a := i.end(); a.Failed || a.Body != failures("m1") {
		t.Errorf("answer %+v\n%s", a, i.logs)
	}
	i.w.Eventually("0", "select count(*) from pg_stat_activity where usename = $1", i.login)
	i.w.Eventually("0", locks, i.w.DB.Schema)
	i.function = start(t, i.w, "ingest")
	i.ends()
}

// R4, R5: a function that was frozen in the middle of a load, and whose connection the server has closed meanwhile, loads
// the object once.
func TestAThawedFunctionLoadsOnce(t *testing.T) {
	t.Parallel()
	i := interrupt(t, long)
	i.signal(syscall.SIGSTOP)
	i.terminate()
	i.signal(syscall.SIGCONT)
	i.store.heal()
	if a := i.end(); a.Failed || a.Body != failures() {
		t.Errorf("answer %+v\n%s", a, i.logs)
	}
	i.ends()
}

// R5: connections that were closed during a freeze between two invocations cost nothing but a new one.
func TestAFunctionThatWasFrozenConnectsAgain(t *testing.T) {
	t.Parallel()
	i := interrupt(t, long)
	i.store.heal()
	if a := i.end(); a.Failed || a.Body != failures() {
		t.Fatalf("answer %+v\n%s", a, i.logs)
	}
	i.signal(syscall.SIGSTOP)
	i.terminate()
	i.signal(syscall.SIGCONT)
	put(t, i.w, "later.csv", rows(1_000_000, 1))
	i.accepts(bare(i.w, "later.csv"), done)
	i.w.CheckBooks()
}

// terminate ends all connections of the function.
func (i *interrupted) terminate() {
	i.t.Helper()
	if n := i.w.Value("select count(pg_terminate_backend(pid)) from pg_stat_activity where usename = $1", i.login); n == "0" {
		i.t.Error("there was no connection to end")
	}
	i.w.Eventually("0", "select count(*) from pg_stat_activity where usename = $1", i.login)
}
