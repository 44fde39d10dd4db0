package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
)

// faulty is a large object that meets a fault before this row is read.
func (h *harness) faulty(o dropzone.Object, rows, at int, fault func() error) dropzone.Run {
	h.t.Helper()
	run := h.run(o, many(rows))
	run.Rows = &faultyRows{Rows: run.Rows, at: at, fault: fault}
	return run
}

// D2 and the rest of group 3 end here: whatever the rows say, in the small or in the COPY path, comes
// back as they said it, and leaves nothing.
func TestTheRowsErrorComesBackUnchangedAndLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	passing := errors.New("connection reset")
	damaged := &dropzone.UnreadableError{Reason: dropzone.DamagedCompression, Err: io.EOF}
	cut := fmt.Errorf("read object: %w", io.EOF) // not the end: only io.EOF itself is
	for _, at := range []int{3, 9_999, 10_000} { // the last one is met instead of the end
		for _, want := range []error{passing, damaged, cut} {
			run := h.faulty(object("a.csv"), 10_000, at, func() error { return want })
			if _, err := h.Load(t.Context(), run); err != want { //nolint:errorlint // unchanged
				t.Errorf("at row %d: error %v, want %v", at, err, want)
			}
		}
	}
	h.expect("0", "select count(*) from objects")
	h.books()
	if receipt := h.load(object("a.csv"), many(10_000)); receipt.Inserted != 10_000 {
		t.Errorf("the next try: %+v", receipt)
	}
}

// R8: pgx reads the rows in a goroutine of its own, where a panic would end the program.
func TestAPanicOfTheRowsInTheMiddleOfACopyIsAnError(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	_, err := h.Load(t.Context(), h.faulty(object("a.csv"), 10_000, 8_000, func() error { panic("a rule is broken") }))
	if err == nil || !strings.Contains(err.Error(), "a rule is broken") {
		t.Errorf("error %v", err)
	}
	h.books()
}

// R2, R4, I9
func TestACanceledLoadRollsBackAndGivesItsConnectionBack(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	ctx, cancel := context.WithCancel(t.Context())
	run := h.faulty(object("a.csv"), 10_000, 8_000, func() error { cancel(); return nil })
	_, err := h.Load(ctx, run)
	if !errors.Is(err, context.Canceled) || h.Transient(err) {
		t.Errorf("error %v, transient %t", err, h.Transient(err))
	}
	h.expect("0", "select count(*) from objects")
	h.await("not exists (select from pg_stat_activity where application_name = $1 and state <> 'idle')", h.db.Schema)
	// The pool counts a broken connection as acquired until a goroutine of its own has closed it.
	for deadline := time.Now().Add(time.Minute); h.pool.Stat().AcquiredConns() != 0; h.value("pg_sleep(0.005)") {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections are not given back", h.pool.Stat().AcquiredConns())
		}
	}
}

// I9
func TestAConnectionComesBackClean(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for i := range 3 { // the first needs no staging table, the third finds that of the second
		h.load(object(fmt.Sprint("clean", i, ".csv")), many(6_000))
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour) // a limit for its statements
	defer cancel()
	if _, err := h.Load(ctx, h.run(object("limited.csv"), many(10))); err != nil {
		t.Fatal(err)
	}
	if err := h.NoteAttempt(ctx, object("noted.csv")); err != nil {
		t.Fatal(err)
	}
	conns := h.pool.AcquireAllIdle(t.Context())
	if len(conns) != 1 {
		t.Fatalf("%d connections", len(conns))
	}
	defer conns[0].Release()
	h.expect("0", "select count(*) from pg_locks where pid = $1", conns[0].Conn().PgConn().PID())
	var rows int
	if err := conns[0].QueryRow(t.Context(), "select count(*) from "+h.table.stageName).Scan(&rows); err != nil || rows != 0 {
		t.Errorf("%d rows are staged, %v", rows, err)
	}
	var set string
	err := conns[0].QueryRow(t.Context(), "select concat_ws(' ', string_agg(name || '=' || setting, ' ')) from pg_settings where source = 'session'").Scan(&set)
	if err != nil || set != "" {
		t.Errorf("these settings are left: %s, %v", set, err)
	}
	h.books()
}

// I10
func TestManyRejectsAreWrittenInTurnsWithTheRows(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	var csv strings.Builder
	csv.WriteString(header)
	for i := range 9_000 { // sound and broken by turns of various lengths: all rejects first, then mixed
		if i < 2_500 || i%3 == 0 {
			csv.WriteString(view("broken", "u"))
		} else {
			csv.WriteString(view(id(i), "u"))
		}
	}
	receipt := h.load(object("a.csv"), csv.String())
	if receipt.RowsRead != 9_000 || receipt.Rejected != 4_666 || receipt.Inserted != 4_334 {
		t.Errorf("books %+v", receipt.Books)
	}
	h.expect("4666", "select count(*) from rejected_rows where line_no > 1 and reason = 'invalid_uuid'")
	h.expect("4666", "select sum(rejected) from receipts")
	h.expect("4666", "select sum(count) from quality_counts where rule = 'invalid_uuid'")
	h.books()
}

func TestTheLimitsOfRejectsParkTheWholeObject(t *testing.T) {
	t.Parallel()
	broken := strings.Repeat(view("broken", "u"), 12)
	for _, test := range []struct {
		name   string
		change func(*contract.Contract)
		csv    string
	}{
		{"rows", func(c *contract.Contract) { c.MaxRejectedRows = 11 }, header + view(id1, "u") + broken},
		{"rows, far behind", func(c *contract.Contract) { c.MaxRejectedRows = 11 }, many(8_000) + broken},
		{"percent", func(c *contract.Contract) { c.MaxRejectedPercent = 92 }, header + view(id1, "u") + broken},
		{"percent of a large object", func(c *contract.Contract) { c.MaxRejectedPercent = 0.1 }, many(8_000) + broken},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := newHarnessFor(t, test.change)
			run := h.run(object("a.csv"), test.csv)
			_, err := h.Load(t.Context(), run)
			unreadable, ok := errors.AsType[*dropzone.UnreadableError](err)
			if !ok || unreadable.Reason != dropzone.TooManyRejects || len(unreadable.Sample) != maxSample {
				t.Fatalf("error %#v", err)
			}
			out := dropzone.Outcome{State: dropzone.Parked, Reason: unreadable.Reason, Hint: unreadable.Hint, Sample: unreadable.Sample}
			if _, err := h.Record(t.Context(), run, out); err != nil {
				t.Fatal(err)
			}
			h.expect("parked/0/0", "select state || '/' || (select count(*) from events) || '/' || (select count(*) from rejected_rows) from objects")
			h.expect("0/10/invalid_uuid", "select concat_ws('/', rows_read, jsonb_array_length(sample), sample->0->>'reason') from receipts")
			h.books()
		})
	}
}

func TestObjectsAtTheLimitsOfRejectsLoad(t *testing.T) {
	t.Parallel()
	h := newHarnessFor(t, func(c *contract.Contract) { c.MaxRejectedRows, c.MaxRejectedPercent = 2, 50 })
	receipt := h.load(object("a.csv"), header+view(id1, "u")+view(id2, "u")+strings.Repeat(view("broken", "u"), 2))
	if receipt.Rejected != 2 || receipt.Inserted != 2 {
		t.Errorf("books %+v", receipt.Books)
	}
	h.load(object("empty.csv"), "")
	h.load(object("header.csv"), header)
	h.expect("2", "select count(*) from receipts where rows_read = 0 and state = 'loaded'") // D13
}
