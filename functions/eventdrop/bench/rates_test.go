package bench

import (
	"strings"
	"testing"
)

func TestLatencyBesideItsFloor(t *testing.T) { //nolint:paralleltest // see testLab
	r := measured(t, "latency")
	wantFigures(t, r, "p50", "p99", "p95", "p50 of the floor", "p99 of the floor", "p50 against the floor")
	if r.Figures[0].Value > r.Figures[2].Value || r.Figures[2].Value > r.Figures[1].Value {
		t.Errorf("the percentiles are not in order: %+v", r.Figures)
	}
	if r.Figures[3].Value <= 0 || len(r.Plots) != 1 || len(r.Plots[0].Curves) != 2 {
		t.Errorf("no floor, or no plot of it: %+v", r)
	}
	if err := r.Plots[0].save(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestPoisonBesideGoodObjects(t *testing.T) { //nolint:paralleltest // see testLab
	r := measured(t, "poison")
	wantFigures(t, r, "p95 against the same without poison", "p95 with poison", "p95 without", "p50 with poison", "p50 without", "poison objects")
	if poison := r.Figures[5].Value; poison < 2 {
		t.Errorf("%v poison objects", poison)
	}
}

func TestBacklogBesideItsMerges(t *testing.T) { //nolint:paralleltest // see testLab
	r := measured(t, "backlog")
	wantFigures(t, r, "speed against the floor", "objects a second", "rows a second", "floor", "processor time of the loader", "loaded side by side, by both")
	if r.Figures[1].Value <= 0 || r.Figures[3].Value <= 0 { // which is faster depends on what else the machine does
		t.Errorf("nothing was measured: %+v", r.Figures)
	}
}

// A floor that did less than the loader would be none.
func TestTheMergesAgainGiveTheSameTable(t *testing.T) { //nolint:paralleltest // see testLab
	p := newTestPlace(t)
	table := func() (hash string) {
		const sql = "select count(*) || md5(string_agg(e::text, E'\\n' order by event_id)) from events e"
		if err := p.db.QueryRow(t.Context(), sql).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		return hash
	}
	if _, err := p.drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	drained := table()
	merges, err := p.rememberMerges(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.mergeAgain(t.Context(), merges); err != nil {
		t.Fatal(err)
	}
	if again := table(); again != drained || len(merges.objects) != p.Sizes.Backlog {
		t.Errorf("%d merges gave %s, and the drain %s", len(merges.objects), again, drained)
	}
}

// newTestPlace is a place with a backlog.
func newTestPlace(t *testing.T) *place {
	t.Helper()
	p, remove, err := testLab(t).newPlace(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(remove)
	if err := p.fillBacklog(t.Context()); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestSaturationLosesNothing(t *testing.T) { //nolint:paralleltest // see testLab
	r := measured(t, "saturation")
	if len(r.Figures) < 4 || len(r.Plots) != 1 {
		t.Fatalf("%+v", r)
	}
	for i, want := range []string{"rows lost", "rows that came twice", "highest rate that was sustained", "sustained of 500 rows/s"} {
		if r.Figures[i].Name != want || (r.Figures[i].Value > 0) != (i > 1) {
			t.Errorf("%+v, want %s", r.Figures[i], want)
		}
	}
	if err := r.Plots[0].save(t.TempDir()); err != nil {
		t.Error(err)
	}
}

func TestGivenStoresSendNoNotices(t *testing.T) { //nolint:paralleltest // see testLab
	given := *testLab(t)
	given.minio = nil
	for _, b := range choose([]string{"latency", "poison", "saturation"}) {
		if r, err := given.measure(t.Context(), b); err != nil || !strings.Contains(r.Missing, "EVENTDROP_S3_ENDPOINT") {
			t.Errorf("%s: %v, missing %q", b.name, err, r.Missing)
		}
	}
}

// A count that misses damage would be worth nothing.
func TestLostAndDoubledRowsAreCounted(t *testing.T) { //nolint:paralleltest // see testLab
	p := newTestPlace(t)
	if _, err := p.drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	rows := p.Sizes.Backlog * smallRows
	steps := []struct {
		sql           string
		lost, doubled int64
	}{
		{"select", 0, 0},
		{"delete from events where line_no = 2", int64(p.Sizes.Backlog), 0},
		{"update receipts set inserted = inserted + 1, rows_read = rows_read + 1 where object_id = (select min(object_id) from receipts)", int64(p.Sizes.Backlog), 1},
	}
	for _, step := range steps {
		if err := p.exec(t.Context(), step.sql); err != nil {
			t.Fatal(err)
		}
		lost, doubled, err := p.wrong(t.Context(), rows)
		if err != nil || lost != step.lost || doubled != step.doubled {
			t.Errorf("after %s: %d lost, %d doubled, %v", step.sql, lost, doubled, err)
		}
		if failed := p.exactly(t.Context(), rows) != nil; failed != (step.lost+step.doubled > 0) {
			t.Errorf("after %s: failed %t", step.sql, failed)
		}
	}
}
