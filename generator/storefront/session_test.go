package storefront

import (
	"math"
	"strconv"
	"strings"
	"testing"
	"time"
)

func TestSessionsAreInASensibleOrder(t *testing.T) {
	t.Parallel()
	var s journal
	for _, line := range lines(produce(t, Options{}, 200)) {
		s.follow(t, line.Values)
	}
	if s.purchases == 0 || s.removals == 0 {
		t.Errorf("%d purchases, %d removals", s.purchases, s.removals)
	}
}

// journal follows every session through the files.
type journal struct {
	seen, carted, checked map[string]bool // session and product
	who, last, price      map[string]string
	purchases, removals   int
}

func (j *journal) open() {
	if j.seen == nil {
		j.seen, j.carted, j.checked = map[string]bool{}, map[string]bool{}, map[string]bool{}
		j.who, j.last, j.price = map[string]string{}, map[string]string{}, map[string]string{}
	}
}

func (j *journal) follow(t *testing.T, v map[string]string) {
	t.Helper()
	j.open()
	session := v["session_id"]
	article := session + "/" + v["product_id"]
	j.same(t, "user, device and currency", j.who, session, v["user_id"]+v["device"]+v["currency"])
	if v["price"] != "" {
		j.same(t, "price", j.price, article, v["price"])
	}
	if v["event_time"] < j.last[session] {
		t.Errorf("session %s goes back in time: %v", session, v)
	}
	j.last[session] = v["event_time"]
	needs := map[string]bool{
		"view": true, "search": true, "click": j.seen[article], "wishlist": j.seen[article], "add_to_cart": j.seen[article],
		"remove_from_cart": j.carted[article], "checkout": j.carted[article], "purchase": j.checked[article],
	}
	if !needs[v["event_type"]] {
		t.Errorf("session %s: %s comes too early", session, v["event_type"])
	}
	j.note(v["event_type"], article)
}

func (j *journal) note(kind, article string) {
	switch kind {
	case "view":
		j.seen[article] = true
	case "add_to_cart":
		j.carted[article] = true
	case "remove_from_cart":
		j.carted[article] = false
		j.removals++
	case "checkout":
		j.checked[article] = true
	case "purchase":
		j.purchases++
	}
}

func (j *journal) same(t *testing.T, what string, known map[string]string, key, value string) {
	t.Helper()
	if before, ok := known[key]; ok && before != value {
		t.Errorf("%s of %s changes from %s to %s", what, key, before, value)
	}
	known[key] = value
}

func TestAmounts(t *testing.T) {
	t.Parallel()
	for _, line := range lines(produce(t, Options{}, 100)) {
		v := line.Values
		amounts := v["price"] + "/" + v["quantity"] + "/" + v["total"]
		switch v["event_type"] {
		case "view", "click", "search", "wishlist":
			if amounts != "//" {
				t.Errorf("a %s has amounts %s", v["event_type"], amounts)
			}
		case "checkout", "purchase":
			if cents(t, v["price"])*pieces(t, v["quantity"]) != cents(t, v["total"]) {
				t.Errorf("a %s has amounts %s", v["event_type"], amounts)
			}
		default:
			if cents(t, v["price"]) <= 0 || pieces(t, v["quantity"]) < 1 || v["total"] != "" {
				t.Errorf("a %s has amounts %s", v["event_type"], amounts)
			}
		}
		if (v["event_type"] == "search") != (v["product_id"] == "") {
			t.Errorf("a %s is about product %q", v["event_type"], v["product_id"])
		}
	}
}

func cents(t *testing.T, text string) int64 {
	t.Helper()
	whole, fraction, ok := strings.Cut(text, ".")
	if !ok || len(fraction) != 2 {
		t.Fatalf("%q is not a decimal with two digits", text)
	}
	return pieces(t, whole+fraction)
}

func pieces(t *testing.T, text string) int64 {
	t.Helper()
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// shares are the expected numbers of events per session, by type.
func (f funnel) shares() map[string]float64 {
	views := 1 / (1 - f.anotherView)
	checkouts := f.cart * (1 - f.remove) * f.checkout
	return map[string]float64{
		"search": f.search, "view": views, "click": views * f.click, "wishlist": f.wish, "add_to_cart": f.cart,
		"remove_from_cart": f.cart * f.remove, "checkout": checkouts, "purchase": checkouts * f.purchase,
	}
}

func TestTypesAreNearTheirWeights(t *testing.T) {
	t.Parallel()
	count := map[string]float64{}
	all := lines(produce(t, Options{Rows: Rows{500, 500}}, 100))
	for _, line := range all {
		count[line.Values["event_type"]]++
	}
	shares, sum := defaultFunnel().shares(), 0.0
	for _, share := range shares {
		sum += share
	}
	for kind, share := range shares {
		want := share / sum * float64(len(all))
		if got := count[kind]; math.Abs(got-want) > 0.1*want+50 {
			t.Errorf("%s: %.0f of %d, expected about %.0f", kind, got, len(all), want)
		}
	}
}

func TestSessionsSpanObjectsOfOneRow(t *testing.T) {
	t.Parallel()
	var s journal
	for _, line := range lines(produce(t, Options{Rows: Rows{1, 1}}, 2000)) {
		s.follow(t, line.Values)
	}
	if s.purchases == 0 {
		t.Error("nobody bought anything")
	}
}

func TestCatalogueHasAwkwardNamesThatAreKeptAsTheyAre(t *testing.T) {
	t.Parallel()
	goods := newCatalogue(1)
	var all strings.Builder
	for _, p := range goods {
		if p.cents < 100 || p.name != strings.TrimSpace(p.name) || p.category == "" {
			t.Errorf("product %+v", p)
		}
		all.WriteString(p.name)
	}
	names := all.String()
	if len(goods) < 200 || !strings.Contains(names, ",") || !strings.Contains(names, `"`) || !strings.Contains(names, "'") ||
		len(names) == len([]rune(names)) {
		t.Errorf("%d products: a comma, a quote, an apostrophe or a letter beyond ASCII is missing", len(goods))
	}
}

func TestRowsShareTheTimeBetweenDrops(t *testing.T) {
	t.Parallel()
	first := produce(t, Options{Rows: Rows{10, 10}}, 1)[0].Truth.Lines[0].Values["event_time"]
	when, err := time.Parse(clockTruth, first)
	if err != nil || start().Sub(when) > window || start().Sub(when) < window*8/10 {
		t.Errorf("the first of ten rows is of %s (%v)", first, err)
	}
}
