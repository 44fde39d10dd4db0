package storefront

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
)

// What a shopper can do: the contract's event types.
const (
	kindView     = "view"
	kindClick    = "click"
	kindSearch   = "search"
	kindCart     = "add_to_cart"
	kindRemove   = "remove_from_cart"
	kindWishlist = "wishlist"
	kindCheckout = "checkout"
	kindPurchase = "purchase"
)

// shoppersAtOnce walk through the shop at the same time; their steps are interleaved in the files.
const shoppersAtOnce = 24

// step is one thing that a shopper does. A search has no product; only what lies in the cart has a quantity.
type step struct {
	kind     string
	product  *product
	quantity int64
}

// shopper is one session: who it is, and what is still to be done in it.
type shopper struct {
	user, session, device, currency, campaign, referrer string

	steps []step
}

// funnel holds the probability of each step, given that the one before was taken.
type funnel struct {
	search, anotherView, click, wish, cart, remove, checkout, purchase float64
}

func defaultFunnel() funnel {
	return funnel{
		search: 0.3, anotherView: 0.55, click: 0.35, wish: 0.08,
		cart: 0.4, remove: 0.12, checkout: 0.7, purchase: 0.8,
	}
}

// newShopper enters the shop with a plan.
func newShopper(rng *rand.Rand, f funnel, catalogue []product) *shopper {
	return &shopper{
		user:     strconv.Itoa(10_000 + rng.IntN(90_000)),
		session:  fmt.Sprintf("s%016x", rng.Uint64()),
		device:   pick(rng, []string{"mobile", "mobile", "desktop", "tablet"}),
		currency: pick(rng, []string{"USD", "EUR", "EUR", "GBP"}),
		campaign: pick(rng, []string{"", "", "spring_sale", "newsletter-47", "Größte Auswahl, kleine Preise"}),
		referrer: pick(rng, []string{"", "https://search.example/?q=shop", "https://blog.example/best,of", "app"}),
		steps:    f.plan(rng, catalogue),
	}
}

// plan is a session in its order: search, views and clicks, then at most one article through cart to purchase.
func (f funnel) plan(rng *rand.Rand, catalogue []product) []step {
	var steps []step
	if chance(rng, f.search) {
		steps = append(steps, step{kind: kindSearch})
	}
	steps, seen := f.browse(rng, catalogue, steps)
	if chance(rng, f.wish) {
		steps = append(steps, step{kind: kindWishlist, product: seen})
	}
	if chance(rng, f.cart) {
		steps = f.buy(rng, steps, step{product: seen, quantity: 1 + rng.Int64N(4)})
	}
	return steps
}

// browse adds views and clicks; the product seen last is the one that may be bought.
func (f funnel) browse(rng *rand.Rand, catalogue []product, steps []step) ([]step, *product) {
	for {
		seen := &catalogue[rng.IntN(len(catalogue))]
		steps = append(steps, step{kind: kindView, product: seen})
		if chance(rng, f.click) {
			steps = append(steps, step{kind: kindClick, product: seen})
		}
		if !chance(rng, f.anotherView) {
			return steps, seen
		}
	}
}

// buy adds the way of one article from the cart to the purchase, as far as the shopper goes.
func (f funnel) buy(rng *rand.Rand, steps []step, article step) []step {
	do := func(kind string) {
		article.kind = kind
		steps = append(steps, article)
	}
	do(kindCart)
	if chance(rng, f.remove) {
		do(kindRemove)
		return steps
	}
	if !chance(rng, f.checkout) {
		return steps
	}
	do(kindCheckout)
	if chance(rng, f.purchase) {
		do(kindPurchase)
	}
	return steps
}

// crowd is everybody in the shop. Sessions outlive an object, so that they are whole however few rows an object has.
type crowd struct {
	funnel    funnel
	catalogue []product
	kinds     []string // the kinds that are reported; nil for all
	inside    []*shopper
}

// next lets one of the shoppers take a step; who has finished makes room for a new one.
func (c *crowd) next(rng *rand.Rand) (*shopper, step) {
	if len(c.inside) == 0 {
		c.inside = make([]*shopper, shoppersAtOnce)
	}
	i := rng.IntN(len(c.inside))
	for c.inside[i] == nil || len(c.inside[i].steps) == 0 {
		c.inside[i] = c.enter(rng)
	}
	who := c.inside[i]
	taken := who.steps[0]
	who.steps = who.steps[1:]
	return who, taken
}

func (c *crowd) enter(rng *rand.Rand) *shopper {
	who := newShopper(rng, c.funnel, c.catalogue)
	if c.kinds != nil {
		who.steps = slices.DeleteFunc(who.steps, func(s step) bool { return !slices.Contains(c.kinds, s.kind) })
	}
	return who
}
