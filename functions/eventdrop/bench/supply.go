package bench

import (
	"bytes"
	"fmt"
	"time"

	"eventdrop/generator/storefront"
)

// drop is an object that is ready to be stored.
type drop struct {
	key    string
	body   []byte
	at     time.Duration // after the first is stored
	poison bool          // nobody waits for its rows
}

// supply makes clean objects, none of which has an event in common with another. They are made before the clock starts.
type supply struct {
	shop *storefront.Shop
	at   time.Time
	made int
}

// smallRows is how many rows the objects have whose number or latency is measured.
const smallRows = 100

func newSupply(seed uint64) (*supply, error) {
	shop, err := storefront.New(storefront.Options{Seed: seed})
	return &supply{shop: shop, at: time.Now().Add(-time.Hour)}, err
}

// drops makes n objects that are to be stored one each interval.
func (s *supply) drops(n, rows int, every time.Duration) ([]drop, error) {
	all := make([]drop, n)
	for i := range all {
		var body bytes.Buffer
		s.at = s.at.Add(max(every, time.Millisecond)) // the shop's visitors need time to click
		if err := s.shop.Stream(&body, s.at, rows); err != nil {
			return nil, fmt.Errorf("make objects: %w", err)
		}
		all[i] = drop{key: "drop/" + smallKey(int64(s.made)), body: body.Bytes(), at: time.Duration(i) * every}
		s.made++
	}
	return all, nil
}

// during is how many objects a rate gives in a time, at least one.
func during(length, every time.Duration) int { return max(1, int(length/every)) }
