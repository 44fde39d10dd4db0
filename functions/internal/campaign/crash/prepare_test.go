package crash

import (
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/wiring"
)

// contractWith is the default contract with a text in place of another.
func contractWith(t *testing.T, old, text string) string {
	t.Helper()
	standard, err := os.ReadFile("../../contract/ecommerce_events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(standard), old) {
		t.Fatalf("the default contract has no %q", old)
	}
	return strings.Replace(string(standard), old, text, 1)
}

// strict parks an object for a few rejects.
func strict(t *testing.T) world.Options {
	t.Helper()
	return world.Options{Versioned: true, Contract: contractWith(t, "\nrevision:", "\nmax_rejected_rows: 12\nrevision:")}
}

// tolerant accepts what the default contract refuses.
func tolerant(t *testing.T, versioned bool) world.Options {
	t.Helper()
	return world.Options{Versioned: versioned, Contract: contractWith(t, "view: [", "view: [glance, ")}
}

func put(kind func(*rand.Rand) body) func(*scene) {
	return func(s *scene) { s.Put("a.csv", kind(s.rand).text(s.rand)) }
}

func unreadable(s *scene) { s.Put("a.csv", "no,known,column\n1,2,3\n") }

// overwritten is a key whose last bytes are new, while the table holds older versions of its events, and
// such of another key that may be newer.
func overwritten(s *scene) {
	kind := small(s.rand)
	s.Put("a.csv", kind.text(s.rand))
	s.Reconcile()
	s.overwrite("a.csv", kind.text(s.rand))
	s.Put("b.csv", kind.text(s.rand))
	s.handle("b.csv", dropzone.Load)
}

func overwrittenAndLoaded(s *scene) {
	overwritten(s)
	s.Reconcile()
}

func loaded(s *scene) {
	put(small)(s)
	s.Reconcile()
}

// misordered is a key of whose newest version the ledger has a lower rank than the listing.
func misordered(s *scene) {
	overwrittenAndLoaded(s)
	const newest = "where object_id = (select max(object_id) from objects where key = 'a.csv')"
	s.exec("update objects set drop_order = drop_order - 1 " + newest + "; update events set drop_order = drop_order - 1 " + newest)
}

func parked(s *scene) {
	unreadable(s)
	s.Reconcile()
}

// failed is an object whose first try failed.
func failed(s *scene) {
	put(small)(s)
	s.fail(s.listed("a.csv"))
}

// gone is an object that failed and was deleted before it was tried again.
func gone(s *scene) {
	s.fail(dropzone.Object{Bucket: s.Config.S3Bucket, Key: "a.csv", VersionID: uuid.NewString(), ETag: "0123456789abcdef0123456789abcdef"})
}

// replaced is an object that failed, and whose bytes were replaced before it was tried again.
func replaced(s *scene) {
	put(small)(s)
	before := s.listed("a.csv")
	before.ETag = "0123456789abcdef0123456789abcdef"
	s.fail(before)
}

// nameless is a loaded object that could not be opened when another notice had named it without its version.
func nameless(s *scene) {
	loaded(s)
	o := s.listed("a.csv")
	s.fail(dropzone.Object{Bucket: o.Bucket, Key: o.Key, ETag: o.ETag})
}

// deadly is an object that so many loaders did not outlive.
func deadly(loaders int) func(*scene) {
	return func(s *scene) {
		put(small)(s)
		for range loaders {
			if err := s.Parts.Warehouse.NoteAttempt(s.t.Context(), s.listed("a.csv")); err != nil {
				s.t.Fatal(err)
			}
		}
	}
}

// backlog is what reconcile finds after a while without notices. Its objects have no event in common.
func backlog(s *scene) {
	loaded(s)
	for i := range between(s.rand, 2, 4) {
		kind := small(s.rand)
		kind.family, kind.derived = i+1, 0
		s.Put(fmt.Sprintf("b%d.csv", i), kind.text(s.rand))
	}
	s.Put("c.csv", "no,known,column\n1,2,3\n")
	s.fail(s.listed("b0.csv"))
}

// quarantined is an object of which the default contract refused a part, and so many of a hundred records
// have no id.
func quarantined(derived int) func(*scene) {
	return func(s *scene) {
		kind := small(s.rand)
		kind.derived, kind.glances, kind.rows = derived, 50, kind.rows+20
		s.Put("a.csv", kind.text(s.rand))
		config := s.Config
		config.Contract = ""
		parts, err := wiring.Assemble(s.t.Context(), config, slog.New(slog.DiscardHandler))
		if err != nil {
			s.t.Fatal(err)
		}
		defer parts.Close()
		if _, err := parts.Pipeline.Handle(s.t.Context(), ingest.Order{Object: s.listed("a.csv")}); err != nil {
			s.t.Fatal(err)
		}
		kind.rejects = 0
		s.Put("b.csv", kind.text(s.rand))
		s.Reconcile()
	}
}

// quarantinedAndReplaced can only be redriven from bytes that are no more.
func quarantinedAndReplaced(s *scene) {
	quarantined(30)(s)
	s.overwrite("a.csv", small(s.rand).text(s.rand))
}

// replay loads the object again, in this process.
func replay(s *scene) { s.handle("a.csv", dropzone.Replay) }

// redrive runs the quarantine again, in this process.
func redrive(s *scene) {
	s.t.Helper()
	objects, err := s.Parts.Warehouse.Quarantined(s.t.Context(), dropzone.Filter{})
	if err != nil {
		s.t.Fatal(err)
	}
	for _, o := range objects {
		if _, err := s.Parts.Pipeline.Redrive(s.t.Context(), ingest.Redrive{ObjectID: o.ID, Contract: o.Contract}); err != nil {
			s.t.Fatal(err)
		}
	}
}

// fail has the ledger remember a try that failed, and is due again.
func (s *scene) fail(o dropzone.Object) {
	s.t.Helper()
	run := dropzone.Run{ID: uuid.NewString(), Kind: dropzone.Load, Object: o, Started: time.Now()}
	out := dropzone.Outcome{State: dropzone.Failed, Detail: "a fault that passed", Retry: func(int) time.Duration { return 0 }}
	if _, err := s.Parts.Warehouse.Record(s.t.Context(), run, out); err != nil {
		s.t.Fatal(err)
	}
}

// manyRows has more rows than travel as arrays, and so goes through COPY.
func manyRows(r *rand.Rand) body {
	return body{ids: between(r, 50, 400), rows: between(r, 150, 300), rejects: 2, derived: 2}
}

// manyNewRows are copied straight into the table.
func manyNewRows(r *rand.Rand) body {
	return body{rows: between(r, 150, 300), rejects: 2, onlyNew: true}
}

// manyAlmostNewRows seem to be new, but for the last one.
func manyAlmostNewRows(r *rand.Rand) body {
	almost := manyNewRows(r)
	almost.rejects, almost.again = 0, true
	return almost
}

// manyRejects has more rejects than are kept waiting, so that COPY and quarantine take turns.
func manyRejects(r *rand.Rand) body {
	return body{ids: 100, rows: between(r, 120, 180), rejects: 95}
}

func onlyRejects(r *rand.Rand) body { return body{ids: 1, rows: between(r, 1, 5), rejects: 100} }
func manyBad(r *rand.Rand) body     { return body{ids: 10, rows: between(r, 40, 60), rejects: 70} }
