package storefront

import (
	"math/rand/v2"
	"strconv"
	"strings"
)

// catalogueSize is the number of products of the shop; firstProduct is the id of the first one.
const (
	catalogueSize = 300
	firstProduct  = 1000
)

// product is something for sale. Its price is in cents and never changes.
type product struct {
	id, name, category string
	cents              int64
}

// department is a range of goods: one category, its articles, and the prices in cents between which they lie.
type department struct {
	category string
	articles []string
	from, to int64
}

// departments name things as shops do, with commas, quotes, apostrophes and letters beyond ASCII.
func departments() []department {
	return []department{
		{"Electronics", []string{
			`27" Monitor`, "USB-C Cable, 2 m", "Noise-Cancelling Headphones", `Laptop 14", 16 GB`, "Wireless Mouse",
			`"Studio" Microphone`, "Bluetooth Speaker – Größe M",
		}, 799, 189_900},
		{"Books", []string{
			"The Trader's Almanac", `Poems, "Collected"`, "Año nuevo en Cádiz", "Война и мир", "料理の本", "Atlas of Rivers",
		}, 499, 6_900},
		{"Home & Kitchen", []string{
			"Crème brûlée Torch", "Knife Set, 5 pieces", `Skillet 12"`, "Chef's Apron", "Espresso Machine", "茶碗 Tea Bowl",
		}, 899, 64_900},
		{"Fashion", []string{
			"Men's Rain Jacket", "Women's Running Shoes", "Socks, wool, 3 pairs", "Señorita Scarf", "Leather Belt",
		}, 599, 24_900},
		{"Toys", []string{
			"Puzzle, 1,000 pieces", `"Space" Rocket Kit`, "Überraschungskiste", "Children's Tricycle", "Wooden Train",
		}, 399, 15_900},
		{"Garden", []string{"Hose, 25 m", "Pruner's Shears", "Ołówek Plant Labels", "Solar Lamp ☀", "Watering Can"}, 299, 29_900},
	}
}

// variants set articles of one name apart.
func variants() []string {
	return []string{"", ", black", ", white", " Pro", " (2nd generation)", " Mini", ", refurbished", " XL"}
}

// newCatalogue stocks the shop; the same seed gives the same products.
func newCatalogue(seed uint64) []product {
	rng := newRand(seed, ^uint64(0)) // no object ever has this sequence number
	goods := departments()
	all := make([]product, catalogueSize)
	for i := range all {
		all[i] = newProduct(rng, goods[i%len(goods)], firstProduct+i)
	}
	return all
}

func newProduct(rng *rand.Rand, d department, id int) product {
	return product{
		id:       strconv.Itoa(id),
		name:     pick(rng, d.articles) + pick(rng, variants()),
		category: d.category,
		cents:    d.from + rng.Int64N((d.to-d.from)/100)*100,
	}
}

// money writes cents as a decimal with two digits.
func money(cents int64) string {
	sign := ""
	if cents < 0 {
		sign, cents = "-", -cents
	}
	fraction := strconv.FormatInt(cents%100, 10)
	return sign + strconv.FormatInt(cents/100, 10) + "." + strings.Repeat("0", 2-len(fraction)) + fraction
}
