package ingest

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"

	"eventdrop/functions/internal/clean"
	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/pgtest"
	"eventdrop/functions/internal/warehouse"
)

// visits is another shop's contract, for keys below in/visits/.
const visits = `
contract: visits
revision: 1
table: visits
objects: {prefixes: [in/visits/], suffixes: [.csv]}
key: visit
extras: more
columns:
  - {name: visit, type: identifier, aliases: [besuch]}
  - {name: pages, type: integer, maximum: 10}
`

// twoShops is a harness whose default contract serves in/shop/ alone, and a router to it and to the contract visits, on the
// same connections.
func twoShops(t *testing.T) (*harness, *Router) {
	t.Helper()
	h := newHarnessOn(t, pgtest.New(t), &store{keys: map[string]stored{}}, func(c *contract.Contract) {
		c.Objects.Prefixes = []string{"in/shop/"}
	})
	c, err := contract.Parse("visits.yaml", []byte(visits))
	if err != nil {
		t.Fatal(err)
	}
	return h, &Router{Pipelines: []*Pipeline{h.Pipeline, h.beside(c)}}
}

// beside is a pipeline under another contract, whose table it makes.
func (h *harness) beside(c *contract.Contract) *Pipeline {
	h.t.Helper()
	statements, err := warehouse.CreateTable(c, h.db.Schema)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.db.Pool.Exec(h.t.Context(), statements); err != nil {
		h.t.Fatal(err)
	}
	cleaner, err := clean.Compile(c)
	if err != nil {
		h.t.Fatal(err)
	}
	w, ok := h.Loader.(*warehouse.Warehouse)
	if !ok {
		h.t.Fatal("not the real warehouse")
	}
	p := *h.Pipeline
	own := w.Under(c)
	p.Loader, p.Ledger, p.Cleaner = own, own, cleaner
	return &p
}

func TestEachObjectIsLoadedUnderTheContractThatServesItsKey(t *testing.T) {
	t.Parallel()
	h, router := twoShops(t)
	h.store.put("in/visits/b.csv", "v", "besuch,pages,browser\nv1,3,firefox\nv2,11,\n", 1)
	h.store.put("in/shop/a.csv", "v", sound, 1)
	h.store.put("in/shop/bad.csv", "v", "pages\n1\n", 1)
	h.store.put("in/visits/bad.csv", "v", header, 1)
	for key, want := range map[string]dropzone.Receipt{
		"in/visits/b.csv":   {State: dropzone.Loaded, Contract: "visits", Books: dropzone.Books{RowsRead: 2, Inserted: 1, Rejected: 1}},
		"in/shop/a.csv":     {State: dropzone.Loaded, Contract: "ecommerce_events", Books: dropzone.Books{RowsRead: 1, Inserted: 1}},
		"in/shop/bad.csv":   {State: dropzone.Parked, Contract: "ecommerce_events"},
		"in/visits/bad.csv": {State: dropzone.Parked, Contract: "visits"},
	} {
		o := noticed(h.store.keys[key].object)
		if !router.Accepts(o) {
			t.Errorf("%s is not accepted", key)
		}
		r, err := router.Handle(t.Context(), Order{Object: o})
		if err != nil || r.State != want.State || r.Contract != want.Contract || r.Books != want.Books {
			t.Errorf("%s: %+v, %v", key, r, err)
		}
		if r, err := router.Handle(t.Context(), Order{Object: o}); err != nil || !r.Already {
			t.Errorf("%s again: %+v, %v", key, r, err)
		}
		h.expect(want.Contract+" "+string(want.State), "select contract || ' ' || state from objects where key = $1", key)
	}
	h.expect("v1 3 firefox", "select visit || ' ' || pages || ' ' || (more->>'browser') from visits")
	h.expect("1", "select count(*) from events")
	h.expect("visits above_maximum pages v2,11,", "select concat_ws(' ', contract, reason, column_name, raw) from rejected_rows")
	h.expect("visits", "select contract from receipts where state = 'parked' and object_id = (select object_id from objects where key = 'in/visits/bad.csv')")
	h.expect("2", "select sum(inserted) from receipts")
}

func TestKeysThatNoContractServesAreIgnored(t *testing.T) {
	t.Parallel()
	_, router := twoShops(t)
	for key, want := range map[string]bool{
		"in/visits/a.csv": true, "in/shop/a.csv": true, "in/shop/a.tsv.gz": true,
		"in/visits/a.tsv": false, "in/other/a.csv": false, "visits/a.csv": false, "": false,
	} {
		if got := router.Accepts(dropzone.Object{Bucket: "shop", Key: key}); got != want {
			t.Errorf("%s: %v", key, got)
		}
		if router.Accepts(dropzone.Object{Bucket: "foreign", Key: key}) {
			t.Errorf("%s of a foreign bucket is accepted", key)
		}
	}
}

// What a person asks for needs a contract, too.
func TestTheContractOfAnOrder(t *testing.T) {
	t.Parallel()
	_, router := twoShops(t)
	alone := &Router{Pipelines: router.Pipelines[:1]}
	object := func(key string) dropzone.Object { return dropzone.Object{Bucket: "shop", Key: key} }
	file := func(path string) dropzone.Object { return dropzone.Object{Key: path} }
	for _, test := range []struct {
		name   string
		router *Router
		order  Order
		want   string // a contract, or a part of the error
	}{
		{"by its key", router, Order{Object: object("in/visits/a.csv")}, "visits"},
		{"by its key and by name", router, Order{Object: object("in/visits/a.csv"), Contract: "visits"}, "visits"},
		{"another contract's key", router, Order{Object: object("in/visits/a.csv"), Contract: "ecommerce_events"}, `the contract visits serves the key "in/visits/a.csv", not ecommerce_events`},
		{"nobody's key", router, Order{Object: object("a.csv")}, "s3://shop/a.csv: none of the contracts ecommerce_events, visits serves"},
		{"nobody's key, by name", router, Order{Object: object("a.csv"), Contract: "visits"}, "visits"},
		{"nobody's key, one contract", alone, Order{Object: object("a.csv")}, "ecommerce_events"},
		{"a file", router, Order{Object: file("/tmp/a.csv")}, "/tmp/a.csv: none of the contracts"},
		{"a file by name", router, Order{Object: file("/tmp/a.csv"), Contract: "visits"}, "visits"},
		{"a file whose path would be a key", router, Order{Object: file("./in//visits/a.csv")}, "visits"},
		{"such a file by another name", router, Order{Object: file("in/visits/a.csv"), Contract: "ecommerce_events"}, "ecommerce_events"},
		{"a file, one contract", alone, Order{Object: file("/tmp/a.bin")}, "ecommerce_events"},
		{"no such contract", router, Order{Object: file("/tmp/a.csv"), Contract: "visit"}, `there is no contract "visit" here: EVENTDROP_CONTRACT has ecommerce_events, visits`},
		{"no such contract, one contract", alone, Order{Object: file("/tmp/a.csv"), Contract: "visits"}, `there is no contract "visits"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			p, err := test.router.For(test.order)
			if err == nil && p.name() != test.want || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, %v; want %s", p, err, test.want)
			}
			if _, handled := test.router.Handle(t.Context(), test.order); err != nil && (handled == nil || handled.Error() != err.Error()) {
				t.Errorf("Handle: %v, want %v", handled, err)
			}
		})
	}
}

// unknowing is a warehouse that knows of no object but that the loaders of some died.
type unknowing struct {
	Ledger
	Loader

	died map[string]int
}

// Look implements Ledger.
func (unknowing) Look(context.Context, dropzone.Object) (dropzone.Standing, error) {
	return dropzone.Standing{}, nil
}

// Died implements Ledger.
func (u unknowing) Died(_ context.Context, objects []dropzone.Object) ([]int, error) {
	return []int{u.died[objects[0].Key]}, nil
}

// Held implements Ledger.
func (unknowing) Held(context.Context, dropzone.Object) (bool, error) { return false, nil }

// NoteAttempt implements Ledger.
func (unknowing) NoteAttempt(context.Context, dropzone.Object) error { return nil }

// Load implements Loader.
func (unknowing) Load(context.Context, dropzone.Run) (dropzone.Receipt, error) {
	return dropzone.Receipt{State: dropzone.Loaded}, nil
}

// Transient implements Loader.
func (unknowing) Transient(error) bool { return false }

// A suspect of one contract may kill the loaders of the other contracts' objects as well.
func TestASuspectIsKeptApartFromTheObjectsOfOtherContracts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		held := &store{keys: map[string]stored{}}
		suspect, other := held.put("in/a/suspect.csv", "v", "id\n1\n", 1), held.put("in/b/other.csv", "v", "id\n1\n", 1)
		known := unknowing{died: map[string]int{suspect.Key: suspectFrom}}
		w := &watched{Loader: known, suspect: suspect.Key, began: make(chan string, 2), letGo: make(chan struct{})}
		var router Router
		apart := &Apart{}
		for _, name := range []string{"a", "b"} {
			c, err := contract.Parse(name, fmt.Appendf(nil, "{contract: %s, revision: 1, table: %[1]s, extras: more, objects: {prefixes: [in/%[1]s/]}, key: id, columns: [{name: id, type: identifier}]}", name))
			if err != nil {
				t.Fatal(err)
			}
			cleaner, err := clean.Compile(c)
			if err != nil {
				t.Fatal(err)
			}
			router.Pipelines = append(router.Pipelines, &Pipeline{
				Source: held, Loader: w, Ledger: known, Cleaner: cleaner, Scope: Scope{Bucket: "shop"}, Log: slog.New(slog.DiscardHandler), Apart: apart,
			})
		}
		ended := make(chan error, 2)
		handle := func(o dropzone.Object) {
			_, err := router.Handle(t.Context(), Order{Object: o, Again: true})
			ended <- err
		}
		go handle(suspect)
		if key := <-w.began; key != suspect.Key {
			t.Fatalf("%s began first", key)
		}
		go handle(other)
		synctest.Wait() // nothing goes on any more
		if len(w.began) > 0 || len(ended) > 0 {
			t.Error("it was loaded beside the suspect")
		}
		close(w.letGo)
		for range 2 {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// Whichever contract serves the key today, quarantined rows belong to the one that refused them.
func TestARedriveGoesByTheContractOfTheLoad(t *testing.T) {
	t.Parallel()
	h, router := twoShops(t)
	if _, err := router.Handle(t.Context(), Order{Object: h.store.put("in/visits/a.csv", "v", "visit,pages\nv1,11\n", 1)}); err != nil {
		t.Fatal(err)
	}
	served := *router.Pipelines[1].Cleaner.Contract()
	served.Objects.Prefixes, served.Revision = []string{"in/elsewhere/"}, 2
	served.Columns = append(served.Columns[:1:1], contract.Column{Name: "pages", TypeID: contract.TypeName(dropzone.Integer), Invalid: contract.Policy{Action: contract.RejectRow}})
	cleaner, err := clean.Compile(&served)
	if err != nil {
		t.Fatal(err)
	}
	router.Pipelines[1].Cleaner = cleaner
	asked := Redrive{ObjectID: 1, Contract: "visits"}
	if r, err := router.Redrive(t.Context(), asked); err != nil || r.Inserted != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	h.expect("11", "select pages from visits")
	asked.Contract = "ecommerce_events"
	if r, err := router.Redrive(t.Context(), asked); err == nil || !strings.Contains(err.Error(), "under the contract visits") {
		t.Errorf("under another contract: %+v, %v", r, err)
	}
	asked.Contract = "gone"
	if r, err := router.Redrive(t.Context(), asked); err == nil || r.State != dropzone.Failed {
		t.Errorf("under a contract that is not there: %+v, %v", r, err)
	}
}
