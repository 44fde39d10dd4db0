package schedule

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"

	"eventdrop/functions/internal/campaign/model"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/ingest"
	"eventdrop/functions/internal/pgtest"
)

// subject is the real pipeline in the life of a schedule.
type subject struct {
	t       *testing.T
	db      pgtest.DB
	store   store
	proxy   *proxy
	server  *server
	loaders *loaders
	rebuild *rebuild
	names   *names

	life      model.Life
	prefix    string // of all keys of the present schedule
	number    int    // of the present schedule
	reached   map[string]bool
	mu        sync.Mutex
	complaint string
}

// newSubjects returns subjects that share a server, each with schemas and a store of its own.
func newSubjects(t *testing.T, stores ...store) []*subject {
	t.Helper()
	shared, cleaners := &server{}, newCleaners(t)
	learned := learnNames(t, cleaners)
	subjects := make([]*subject, len(stores))
	for i, store := range stores {
		db := pgtest.New(t)
		p, url := newProxy(t, db.LoaderURL)
		beside := pgtest.Beside(t, db)
		subjects[i] = &subject{
			t: t, db: db, store: store, proxy: p, server: shared, names: learned, loaders: newLoaders(t, url, db.Schema, store, cleaners),
			rebuild: &rebuild{db: beside, loaders: newLoaders(t, beside.LoaderURL, beside.Schema, store, cleaners)},
		}
		shared.postgres = db.Server
		shared.pools = append(shared.pools, db.Pool, beside.Pool)
	}
	return subjects
}

func (s *subject) complain(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.complaint == "" {
		s.complaint = fmt.Sprintf(format, args...)
	}
}

func (s *subject) meet(fault string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reached[fault] = true
}

// meetOutcome counts outcomes that seldom last: what is listed later is loaded after all.
func (s *subject) meetOutcome(r dropzone.Receipt) {
	if r.State == dropzone.Gone || r.State == dropzone.Superseded {
		s.meet(string(r.State))
	}
}

// Put, Delete and Purge happen in the store.
func (s *subject) Put(drop int)     { s.store.put(drop) }
func (s *subject) Delete(key uint8) { s.store.remove(key) }
func (s *subject) Purge(drop int)   { s.store.purge(drop) }
func (s *subject) Tick()            { s.store.tick() }

func (s *subject) loader() *loader {
	return s.loaders.under(terms{s.life.ByEventTime, s.life.Revision})
}

// Load implements model.Subject.
func (s *subject) Load(drop int, step model.Step) {
	s.amid(step, func(l *loader) error {
		receipt, err := l.handle(ingest.Order{Object: s.store.notice(drop)})
		if receipt.Already {
			s.meet("delivered again")
		}
		s.meetOutcome(receipt)
		return err
	})
}

// Twins implements model.Subject. Where the key is overwritten meanwhile, the second notice names the key only.
func (s *subject) Twins(drop int, step model.Step) {
	asked := s.store.notice(drop)
	twin := asked
	if step.Trouble == model.Overwrite {
		twin = dropzone.Object{Bucket: asked.Bucket, Key: asked.Key}
	}
	s.amid(step, func(l *loader) error {
		return s.both(
			func() (dropzone.Receipt, error) { return l.handle(ingest.Order{Object: asked}) },
			func() (dropzone.Receipt, error) { return l.handle(ingest.Order{Object: twin}) },
		)
	})
}

func (s *subject) both(runs ...func() (dropzone.Receipt, error)) error {
	errs := make([]error, len(runs))
	var running sync.WaitGroup
	for i, run := range runs {
		running.Go(func() {
			var receipt dropzone.Receipt
			if receipt, errs[i] = run(); receipt.Already {
				s.meet("twin")
			}
			s.meetOutcome(receipt)
		})
	}
	running.Wait()
	return errors.Join(errs...)
}

// Replay implements model.Subject.
func (s *subject) Replay(drop int, step model.Step) {
	asked := s.store.notice(drop)
	asked.ETag = ""
	s.amid(step, func(l *loader) error {
		receipt, err := l.handle(ingest.Order{Object: asked, Kind: dropzone.Replay})
		if err == nil && receipt.State == dropzone.Loaded {
			s.meet("replay")
		}
		return err
	})
}

// Redrive implements model.Subject.
func (s *subject) Redrive(drop int, step model.Step) {
	asked := s.store.notice(drop)
	var id *int64
	err := s.db.Pool.QueryRow(s.t.Context(), `select (select object_id from objects where key = $1 and version_id = $2 and state = 'loaded'
		order by drop_number desc limit 1)`, asked.Key, asked.VersionID).Scan(&id)
	if err != nil {
		s.complain("find what to redrive: %v", err)
	}
	if id == nil {
		return
	}
	s.amid(step, func(l *loader) error {
		receipt, err := l.Redrive(l.ctx, ingest.Redrive{ObjectID: *id})
		switch {
		case err != nil || receipt.Already:
		case receipt.Reason == dropzone.SourceGone:
			s.meet("source gone")
		default:
			s.meet("redrive")
		}
		return err
	})
}

// Reconcile implements model.Subject.
func (s *subject) Reconcile(step model.Step) {
	s.amid(step, func(l *loader) error {
		once := func() (receipt dropzone.Receipt, err error) {
			_, err = l.reconcile(s.prefix, 1, func(r dropzone.Receipt) {
				s.meetOutcome(r)
				if r.Kind == dropzone.Replay {
					s.meet("put in order")
				}
				receipt.Already = receipt.Already || r.Already
			})
			if l.warehouse.Transient(err) {
				err = nil // a reconcile does not try again at once: there is a next one
			}
			return receipt, err
		}
		if step.Action == model.ReconcileTwice {
			return s.both(once, once)
		}
		_, err := once()
		return err
	})
}

// Raise takes effect with the next loader.
func (s *subject) Raise() { s.meet("revision raised") }

// Restart ends the loader's sessions, and now and then the server.
func (s *subject) Restart() {
	restarted, err := s.server.restart(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	if restarted {
		s.meet("database restarted")
		return
	}
	ended, err := s.db.Pool.Exec(s.t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1", s.loader().name)
	if err != nil {
		s.complain("end the sessions: %v", err)
	}
	if ended.RowsAffected() > 0 {
		s.meet("sessions ended")
	}
}

// amid has the loader work while a step's trouble comes, and judges its error.
func (s *subject) amid(step model.Step, work func(*loader) error) {
	l := s.loader()
	if step.Trouble == model.StoreFails {
		s.store.fail()
	}
	s.proxy.arm(proxied(step.Trouble), int(step.At%8)+1, l.crash)
	before := len(s.life.Drops)
	err := work(l)
	came, dead := s.proxy.disarm()
	failed := s.store.failed() && step.Trouble == model.StoreFails
	switch {
	case dead:
		s.meet("crash")
		s.loaders.replace(l)
		return
	case failed:
		s.meet("store failed")
		if errors.Is(err, errStore) {
			return
		}
	case len(s.life.Drops) > before:
		s.meet("overwritten meanwhile")
	case came && step.Trouble == model.CutBefore:
		s.meet("cut before")
	case came && step.Trouble == model.CutAfter:
		s.meet("cut after")
	}
	if err != nil && !errors.Is(err, context.Canceled) {
		s.complain("%v", err)
	}
}

// proxied is the part of the trouble that comes between loader and database.
func proxied(trouble model.Trouble) model.Trouble {
	switch trouble {
	case model.Crash, model.CutBefore, model.CutAfter:
		return trouble
	default:
		return model.None
	}
}
