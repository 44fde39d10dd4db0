package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
)

func TestAnObjectBecomesRowsOnce(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"v1", ""} {
		t.Run("version "+version, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			o := h.store.put("in/a.csv", version, sound, 1)
			if r := h.handle(Order{Object: o}); r.State != dropzone.Loaded || r.Inserted != 1 || r.Object.Size == 0 {
				t.Errorf("receipt %+v", r)
			}
			if r := h.handle(Order{Object: o}); !r.Already { // N6
				t.Errorf("second notice: %+v", r)
			}
			h.expect("1", "select count(*) from receipts")
			h.books()
		})
	}
}

// D13
func TestEmptyObjectsLoadNoRows(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for name, text := range map[string]string{"empty": "", "header": header, "blank": header + "\n\n"} {
		if r := h.handle(Order{Object: h.store.put("in/"+name+".csv", "v", text, 1)}); r.State != dropzone.Loaded || r.RowsRead != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestAnUnreadableObjectIsParkedAndAcknowledged(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "v", "alpha,beta\n1,2\n", 1)
	if r := h.handle(Order{Object: o}); r.State != dropzone.Parked || r.Reason != dropzone.NoKnownColumn || r.ObjectID == 0 || r.Hint == "" {
		t.Errorf("receipt %+v", r)
	}
	h.expect("parked", "select state from objects")
	if r := h.handle(Order{Object: o}); !r.Already {
		t.Errorf("second notice: %+v", r)
	}
	if r := h.handle(Order{Object: h.store.put("in/a.csv", "v2", sound, 2)}); r.State != dropzone.Loaded {
		t.Errorf("a new version: %+v", r)
	}
	h.books()
}

func TestATooLargeObjectIsParkedBeforeItIsRead(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Limits.ObjectBytes = 10
	h.store.body = func(io.Reader) io.Reader { return readerFunc(func([]byte) (int, error) { panic("it is read") }) }
	if r := h.handle(Order{Object: h.store.put("in/a.csv", "v", sound, 1)}); r.State != dropzone.Parked || r.Reason != dropzone.TooLarge {
		t.Errorf("receipt %+v", r)
	}
}

// N10, N11: superseded and gone are outcomes, and not for ever.
func TestReplacedAndDeletedObjectsAreAcknowledged(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	a := h.store.put("in/a.csv", "", sound, 1)
	b := h.store.put("in/a.csv", "", header, 2)
	if r := h.handle(Order{Object: a}); r.State != dropzone.Superseded {
		t.Errorf("replaced: %+v", r)
	}
	h.handle(Order{Object: b})
	delete(h.store.keys, "in/a.csv")
	if r := h.handle(Order{Object: dropzone.Object{Bucket: "shop", Key: "in/b.csv", VersionID: "v", ETag: "e"}}); r.State != dropzone.Gone {
		t.Errorf("deleted: %+v", r)
	}
	h.expect("gone,loaded,superseded", "select string_agg(state, ',' order by state) from objects")
	if r := h.handle(Order{Object: h.store.put("in/b.csv", "v", sound, 1)}); r.State != dropzone.Loaded {
		t.Errorf("it is there again: %+v", r)
	}
	h.books()
}

func TestAnObjectThatIsReplacedWhileItIsReadIsSuperseded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "", sound, 1)
	h.store.stat = func() { h.store.put("in/a.csv", "", header, 2) }
	if r := h.handle(Order{Object: o}); r.State != dropzone.Superseded {
		t.Errorf("receipt %+v", r)
	}
	h.expect("0", "select count(*) from events")
}

// The order of a key's drops is that of the bucket, also where the older one is parked after the newer one was loaded.
func TestAnUnreadableObjectThatIsReplacedBeforeItIsParkedIsSuperseded(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	unreadable := h.store.put("in/a.csv", "", "no,known,column\n1,2,3\n", 1)
	h.store.body = func(body io.Reader) io.Reader {
		h.store.body = nil
		return io.MultiReader(readerFunc(func([]byte) (int, error) {
			h.handle(Order{Object: h.store.put("in/a.csv", "", sound, 2)})
			return 0, io.EOF
		}), body)
	}
	if r := h.handle(Order{Object: unreadable}); r.State != dropzone.Superseded || r.Reason != "" {
		t.Errorf("receipt %+v", r)
	}
	h.expect("loaded", "select string_agg(state, ' ') from objects where state in ('loaded', 'parked')")
	h.expect("1", "select count(*) from receipts")
	again := h.handle(Order{Object: noticed(h.store.keys["in/a.csv"].object)})
	if !again.Already {
		t.Errorf("what the key holds was loaded again: %+v", again)
	}
	h.books()
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// R8: in a small object, in a large one (whose rows pgx reads in a goroutine of its own), and in the header.
func TestAPanicFailsOneObjectAndThePipelineLivesOn(t *testing.T) {
	t.Parallel()
	large := header + strings.Repeat("broken,view,2026-11-23T09:00:00Z,u1\n", 20_000)
	for name, after := range map[string]int{"header": 0, "small": 200, "large": 600_000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHarness(t)
			bad := h.store.put("in/bad.csv", "v", large, 1)
			h.store.body = func(r io.Reader) io.Reader {
				return io.MultiReader(io.LimitReader(r, int64(after)), readerFunc(func([]byte) (int, error) { panic("broken rule") }))
			}
			if r, err := h.Handle(t.Context(), Order{Object: bad}); err == nil || r.State != dropzone.Failed {
				t.Errorf("receipt %+v, %v", r, err)
			}
			h.expect("failed/true/true", "select state || '/' || (detail like '%broken rule%') || '/' || (next_attempt_at > now()) from objects")
			h.store.body = nil
			h.handle(Order{Object: h.store.put("in/good.csv", "v", sound, 1)})
			h.books()
		})
	}
}

// S2, N12
func TestOnlyTheScopeAndTheContractsKeysAreAccepted(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, test := range []struct {
		o    dropzone.Object
		want bool
	}{
		{dropzone.Object{Bucket: "shop", Key: "in/a.csv"}, true},
		{dropzone.Object{Bucket: "other", Key: "in/a.csv"}, false},
		{dropzone.Object{Bucket: "shop", Key: "out/a.csv"}, false},
		{dropzone.Object{Bucket: "shop", Key: "in/a.pdf"}, false},
		{dropzone.Object{Key: "in/a.csv"}, false},
		{dropzone.Object{Bucket: "shop", Key: "in/\x00.csv"}, false},
		{dropzone.Object{Bucket: "shop", Key: "in/\xff.csv"}, false},
		{dropzone.Object{Bucket: "shop", Key: "in/" + strings.Repeat("x", 1024) + ".csv"}, false},
		{dropzone.Object{Bucket: "shop", Key: "in/a.csv", VersionID: "\x00"}, false},
		{dropzone.Object{Bucket: "shop", Key: "in/a.csv", ETag: "\xff"}, false},
	} {
		if got := h.Accepts(test.o); got != test.want {
			t.Errorf("%.60q: accepted %t", test.o, got)
		}
	}
}

// N12: look-alikes of S3 do not all encode.
func TestTheRawKeyIsTriedWithinTheScope(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.store.put("in/a+b.csv", "v", sound, 1)
	for _, etag := range []string{"", h.store.keys["in/a+b.csv"].object.ETag} {
		r := h.handle(Order{Object: dropzone.Object{Bucket: "shop", Key: "in/a b.csv", RawKey: "in/a+b.csv", ETag: etag}})
		if r.State != dropzone.Loaded || r.Object.Key != "in/a+b.csv" {
			t.Errorf("etag %q: %+v", etag, r)
		}
	}
	secret := h.store.put("secret+1.csv", "v", sound, 1)
	if r := h.handle(Order{Object: dropzone.Object{Bucket: "shop", Key: "in/x.csv", RawKey: secret.Key, ETag: secret.ETag}}); r.State != dropzone.Gone {
		t.Errorf("a raw key outside of the scope: %+v", r)
	}
	h.expect("1", "select count(*) from events")
}

// N18
func TestTheAnswerOfTheStoreIsTrustedNotTheNotice(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "v", sound, 1)
	for _, etag := range []string{"", "forged"} {
		asked := o
		asked.ETag = etag
		h.store.faults = []error{errors.New("away")}
		if _, err := h.Handle(t.Context(), Order{Object: asked}); err == nil {
			t.Error("no error")
		}
		h.handle(Order{Object: asked, Again: true})
	}
	h.expect("1", "select count(*) from receipts")
	h.expect("0", "select count(*) from objects where state = 'failed'") // nothing is tried for ever
	h.expect(o.ETag, "select etag from objects where state = 'loaded'")
}

// O1, P1
func TestPassingFaultsAreTriedAgainAtOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	reset := &net.OpError{Op: "read", Err: errors.New("reset")}
	h.store.faults = []error{reset, reset}
	if r := h.handle(Order{Object: h.store.put("in/a.csv", "v", sound, 1)}); r.State != dropzone.Loaded || h.store.opened != 3 {
		t.Errorf("after %d tries: %+v", h.store.opened, r)
	}
	h.store.faults, h.store.opened = slices.Repeat([]error{reset}, 99), 0
	r, err := h.Handle(t.Context(), Order{Object: h.store.put("in/b.csv", "v", sound, 1)})
	if !errors.Is(err, reset) || h.store.opened != immediateTries || r.State != dropzone.Failed {
		t.Errorf("after %d tries: %+v, %v", h.store.opened, r, err)
	}
	h.store.faults, h.store.opened = []error{errors.New("forbidden")}, 0
	if _, err := h.Handle(t.Context(), Order{Object: h.store.put("in/c.csv", "v", sound, 1)}); err == nil || h.store.opened != 1 {
		t.Errorf("a lasting fault: %d tries, %v", h.store.opened, err)
	}
	h.expect("2", "select count(*) from objects where state = 'failed' and next_attempt_at > now()")
	h.books()
}

// A cut body is a passing fault, a cut archive is not.
// A large object whose keys seem to be new is copied straight into the table; where they are not, it is read once more.
func TestALargeObjectWhoseLastKeyIsThereIsReadTwice(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	const record = "%08d-1111-4111-8111-000000000000,view,2026-11-23T09:00:00Z,u1\n"
	first := h.store.put("in/first.csv", "", "event_id,event_type,event_time,user_id\n"+fmt.Sprintf(record, 7_999), 1)
	h.handle(Order{Object: first})
	var csv strings.Builder
	csv.WriteString("event_id,event_type,event_time,user_id\n")
	for i := range 8_000 {
		fmt.Fprintf(&csv, record, i)
	}
	h.store.opened = 0
	receipt := h.handle(Order{Object: h.store.put("in/second.csv", "", csv.String(), 2)})
	if want := (dropzone.Books{RowsRead: 8_000, Inserted: 7_999, Updated: 1}); receipt.Books != want || h.store.opened != 2 {
		t.Errorf("books %+v, want %+v; opened %d times", receipt.Books, want, h.store.opened)
	}
	h.books()
}

func TestACutArchiveIsReadOnce(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv.gz", "v", "\x1f\x8b\x08\x00", 1)
	if r := h.handle(Order{Object: o}); r.State != dropzone.Parked || h.store.opened != 1 {
		t.Errorf("after %d tries: %+v", h.store.opened, r)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for name, text := range map[string]string{"sound": sound, "unreadable": "alpha,beta\n1,2\n"} {
		o := h.store.put("in/"+name+".csv", "", text, 1)
		if r := h.handle(Order{Object: o, DryRun: true, Again: true}); !r.DryRun || r.ObjectID != 0 {
			t.Errorf("%s: %+v", name, r)
		}
	}
	h.expect("0", "select (select count(*) from objects) + (select count(*) from receipts) + (select count(*) from events)")
}

func TestAReplayRunsALoadedObjectAgain(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "v", sound, 1)
	h.handle(Order{Object: o})
	if r := h.handle(Order{Object: o, Kind: dropzone.Replay}); r.Already || r.Stale != 1 {
		t.Errorf("receipt %+v", r)
	}
	delete(h.store.keys, "in/a.csv")
	if r := h.handle(Order{Object: o, Kind: dropzone.Replay}); r.State != dropzone.Gone {
		t.Errorf("of a deleted object: %+v", r)
	}
	h.expect("loaded", "select state from objects")
	h.books()
}

func TestRetriesBackOffToAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	p := &Pipeline{Jitter: func(d time.Duration) time.Duration { return d }}
	want := []time.Duration{4 * time.Second, 8 * time.Second, 16 * time.Second}
	for i, w := range want {
		if got := p.retryDelay(i + 1); got != w {
			t.Errorf("after %d tries: %s, want %s", i+1, got, w)
		}
	}
	for _, n := range []int{9, 10, 63, 64, 1_000_000} {
		if got := p.retryDelay(n); got != 15*time.Minute {
			t.Errorf("after %d tries: %s", n, got)
		}
	}
}

// R6: what the loader dies of, as when memory runs out, does not matter.
func TestAnObjectThatKillsItsLoaderIsParked(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "v", sound, 1)
	h.killed("in/a.csv", diedTooOften)
	if r := h.handle(Order{Object: o, Again: true}); r.State != dropzone.Parked || r.Reason != dropzone.LoaderDied {
		t.Errorf("receipt %+v", r)
	}
	h.expect("0", "select open_attempts from objects")
	if r := h.handle(Order{Object: o, Kind: dropzone.Replay}); r.State != dropzone.Loaded {
		t.Errorf("replay: %+v", r)
	}
}

// An outage must never look like a death: one attempt, however often it is repeated at once.
func TestImmediateTriesAreOneAttempt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "v", sound, 1)
	h.store.body = func(io.Reader) io.Reader {
		return readerFunc(func([]byte) (int, error) { return 0, &net.OpError{Op: "read", Err: errors.New("reset")} })
	}
	h.Ledger = forgetful{h.Ledger}
	if _, err := h.Handle(t.Context(), Order{Object: o, Again: true}); err == nil {
		t.Error("no error")
	}
	h.expect(fmt.Sprint(immediateTries, "/1"), "select $1 || '/' || open_attempts from objects", strconv.Itoa(h.store.opened))
}

// forgetful cannot record any outcome: the database is away by then.
type forgetful struct{ Ledger }

// Record fails.
func (forgetful) Record(context.Context, dropzone.Run, dropzone.Outcome) (int64, error) {
	return 0, errors.New("database away")
}

// R2: a loader that is stopped has not died.
func TestAStoppedLoaderClosesItsAttempt(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	o := h.store.put("in/a.csv", "v", sound, 1)
	ctx, cancel := context.WithCancel(t.Context())
	h.store.body = func(r io.Reader) io.Reader {
		return io.MultiReader(readerFunc(func([]byte) (int, error) { cancel(); return 0, io.EOF }), r)
	}
	if r, err := h.Handle(ctx, Order{Object: o, Again: true}); err == nil || r.State != dropzone.Failed {
		t.Errorf("receipt %+v, %v", r, err)
	}
	h.expect("failed/0", "select state || '/' || open_attempts from objects")
	h.store.body = nil
	h.handle(Order{Object: o, Again: true})
	h.books()
}

// S4, S14
func TestOneLineIsLoggedWithoutRowContent(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.handle(Order{Object: h.store.put("in/a.csv", "v", header+"canary,view,2026-11-23T09:00:00Z,canary\n", 1)})
	line := h.log.String()
	if strings.Count(line, "\n") != 1 || strings.Contains(line, "canary") || !strings.Contains(line, "rejected=1") {
		t.Errorf("log: %s", line)
	}
}
