package propose

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/contract"
	"eventdrop/generator/storefront"
)

// drawSample draws a file that somebody may really drop: some columns of some kinds, some cells of another kind.
func drawSample(t *rapid.T) string {
	header := rapid.OneOf(
		rapid.SampledFrom([]string{
			"id", "order_id", "Order ID", "ts", "created at", "updated_at", "Preis (€)", "qty", "is_new", "line_no", "extras",
			"null", "日付", "event_id", "type", "true", "a.b", "x\ty", "it's", "e\u0301", "🛒 n",
		}),
		rapid.StringMatching(`[a-zA-Z][ -~äöü]{0,12}`))
	kinds := []*rapid.Generator[string]{
		rapid.StringMatching(`[0-9]{1,6}`), rapid.StringMatching(`-?[0-9]{1,3}[.,][0-9]{1,10}`), rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}`),
		rapid.SampledFrom([]string{"view", "VIEW", "add to cart", "yes", "no", "null", "~", "010", "1e3", "#x", "a: b"}),
		rapid.StringMatching(`202[0-6]-0[1-9]-[012][1-8]( 0[0-9]:[0-5][0-9])?`), rapid.StringMatching(`[012][1-8]/0[1-9]/202[0-6]`),
		rapid.StringMatching(`17[0-9]{8}`), rapid.SampledFrom([]string{"", "null", "N/A", "-", "0", "1", "true", "INVALID"}),
		rapid.StringMatching(`[ -~äöü€]{0,20}`),
	}
	width := rapid.IntRange(1, 6).Draw(t, "width")
	columns := make([]*rapid.Generator[string], width)
	var b strings.Builder
	for i := range columns {
		columns[i] = rapid.SampledFrom(kinds).Draw(t, "kind")
		b.WriteString(cell(header.Draw(t, "header"), i))
	}
	for range rapid.IntRange(1, 40).Draw(t, "rows") {
		b.WriteString("\n")
		for i, kind := range columns {
			if rapid.IntRange(0, 15).Draw(t, "other") == 0 {
				kind = rapid.SampledFrom(kinds).Draw(t, "kind")
			}
			b.WriteString(cell(kind.Draw(t, "cell"), i))
		}
	}
	return b.String() + "\n"
}

func cell(text string, i int) string {
	quoted := `"` + strings.ReplaceAll(text, `"`, `""`) + `"`
	if i > 0 {
		return "," + quoted
	}
	return quoted
}

func TestEveryProposalLoadsItsSample(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		sample := drawSample(rt)
		p, err := Sample(strings.NewReader(sample), "some file.csv", 100)
		if err != nil {
			return // the samples that tell nothing have a test of their own
		}
		if rejected, err := p.Try(strings.NewReader(sample)); err != nil || rejected != p.Damaged {
			rt.Errorf("%d of %d rejected, %d damaged, %v\n%s\n%s", rejected, p.Records, p.Damaged, err, sample, p.YAML)
		}
	})
}

func TestEveryTextSurvivesItsQuotes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[ -~]{0,10}`), rapid.SampledFrom([]string{"null", "~", "y", "010", "- a", "a: b", "#", "\u2028", "\u0085"})).Draw(rt, "text")
		yaml := "contract: x\nrevision: 1\ntable: x\nkey: id\nextras: e\nnull_tokens: " + sequence([]string{text}) + "\ncolumns: [{name: id, type: uuid}]\n"
		c, err := contract.Parse("x", []byte(yaml))
		if err != nil || c.NullTokens[0] != text {
			rt.Errorf("%q becomes %v, %v in\n%s", text, c, err, yaml)
		}
	})
}

// The files of the shop and of the original pipeline, whatever was planted in them.
func TestProposalsForTheGeneratorsFiles(t *testing.T) {
	t.Parallel()
	for _, shape := range []string{storefront.ShapeShop, storefront.ShapeOriginal} {
		shop, err := storefront.New(storefront.Options{Seed: 5, Shape: shape, Rows: storefront.Rows{Min: 100, Max: 300}})
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			object, err := shop.Next(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			if object.Truth.Outcome == storefront.OutcomeLoaded && object.Truth.Rows > 0 {
				mustPropose(t, object.Body, object.Key)
			}
		}
	}
}
