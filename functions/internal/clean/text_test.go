package clean

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

const (
	noUUID    = "refused: invalid_uuid a"
	noBoolean = "refused: invalid_boolean a"
	noValue   = "refused: unknown_value a"
	tooLong   = "refused: too_long a"
)

func TestIdentifiersLoseTheZeroOfFloats(t *testing.T) {
	t.Parallel()
	testCells(t, `type: identifier, null_tokens: ["0", "-1"]`, [][2]string{
		{"123", "123"},
		{"123.0", "123"},
		{"123.000", "123"},
		{"123.", "123"},
		{"-5.0", "-5"},
		{" 123.0 ", "123"},
		{"123.50", "123.50"},
		{"123.05", "123.05"},
		{"1.0.0", "1.0.0"},
		{".0", ".0"},
		{"-.0", "-.0"},
		{"v1.0", "v1.0"},
		{"007", "007"},
		{"1.23457E+11", "1.23457E+11"},
		{"user-000a1f", "user-000a1f"},
		{"e\u0301", "e\u0301"},
		{"é", "é"},
		{"0", "absent"},
		{"-1", "absent"},
		{"0.0", "absent"},
		{"-1.0", "absent"},
		{"-1.00", "absent"},
		{"NULL", "absent"},
		{"", "absent"},
		{"  ", "absent"},
		{"00", "00"},
		{"-10", "-10"},
		{"null.0", "null.0"},
	})
}

func TestAnIdentifierKeyIsDerivedForTheNullTokenOfAFloat(t *testing.T) {
	t.Parallel()
	text := strings.Replace(contractOf(), "{name: id, type: uuid}", `{name: id, type: identifier, null_tokens: ["0"]}`, 1)
	c, err := compileYAML(text)
	if err != nil {
		t.Fatal(err)
	}
	rows := all(t, c, rowsOf(t, c, "id,x\n0.0,1\n7.0,1\n"))
	if rows[0].get("id") != "absent" || rows[0].hash == "" || rows[1].get("id") != "7" || rows[1].hash != "" {
		t.Errorf("got %v", rows)
	}
}

func TestNullTokensIgnoreCaseInAnyAlphabet(t *testing.T) {
	t.Parallel()
	testCells(t, `type: text, null_tokens: ["\\N", пусто, ÉÀ, " n/a ", k]`, [][2]string{
		{"null", "absent"},
		{"NuLL", "absent"},
		{"none", "absent"},
		{`\N`, "absent"},
		{`\n`, "absent"},
		{"пусто", "absent"},
		{"ПУСТО", "absent"},
		{"éà", "absent"},
		{"N/A", "absent"},
		{"K", "absent"},
		{"\u212a", "absent"}, // the Kelvin sign
		{"nullx", "nullx"},
		{"nul", "nul"},
		{"n", "n"},
		{"пуст", "пуст"},
		{"0", "0"},
		{`"null"`, `"null"`},
	})
}

func TestTextIsTrimmedAndElseUntouched(t *testing.T) {
	t.Parallel()
	testCells(t, "type: text, max_length: 5", [][2]string{
		{"  a b  ", "a b"},
		{"\u00a0a\u2003", "a"},
		{"a\nb", "a\nb"},
		{"\u200ba", "\u200ba"},
		{"=1+1", "=1+1"},
		{"12345", "12345"},
		{"äöüéß", "äöüéß"},
		{"日本語日本", "日本語日本"},
		{" 12345 ", "12345"},
		{"123456", tooLong},
		{"äöüéßx", tooLong},
		{"\u2028", "absent"},
	})
}

func TestCaseIsChanged(t *testing.T) {
	t.Parallel()
	testCells(t, "type: text, case: upper, max_length: 3", [][2]string{
		{"eur", "EUR"}, {"Usd", "USD"}, {"GBP", "GBP"}, {"é", "É"}, {"ß1[", "ß1["}, {"z{`", "Z{`"}, {"euro", tooLong},
	})
	testCells(t, "type: text, case: lower, null_tokens: [nil]", [][2]string{
		{"Mobile", "mobile"}, {"ÀÉ", "àé"}, {"A-Z@[", "a-z@["}, {"NİL", "absent"}, // what would be a null token afterwards is one
	})
}

func TestChangingTheCaseTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	for _, to := range []string{"upper", "lower"} {
		change := newCaseChanger(to)
		rapid.Check(t, func(t *rapid.T) {
			var arena []byte
			text := rapid.String().Draw(t, "text")
			once := string(change([]byte(text), &arena))
			if twice := string(change([]byte(once), &arena)); twice != once {
				t.Errorf("%q is %q, then %q", text, once, twice)
			}
			if want := map[string]string{"upper": strings.ToUpper(text), "lower": strings.ToLower(text)}[to]; once != want {
				t.Errorf("%q is %q, want %q", text, once, want)
			}
		})
	}
}

func TestEnumsKnowTheirSpellings(t *testing.T) {
	t.Parallel()
	testCells(t, "type: enum, values: {add_to_cart: [cart, basket add], view: , größe: []}", [][2]string{
		{"add_to_cart", "add_to_cart"},
		{"AddToCart", "add_to_cart"},
		{"add-to-cart", "add_to_cart"},
		{" ADD TO CART ", "add_to_cart"},
		{"Cart", "add_to_cart"},
		{"BASKET_ADD", "add_to_cart"},
		{"VIEW", "view"},
		{"vi\u200bew", "view"},
		{"GRÖSSE", noValue},
		{"GRÖßE", "größe"},
		{"hover", noValue},
		{"views", noValue},
		{"---", noValue},
		{"42", noValue},
		{"null", "absent"},
		{"", "absent"},
	})
}

func TestUUIDs(t *testing.T) {
	t.Parallel()
	const id = "6f1c2e0a77b14c1e9d2b0123456789ab"
	testCells(t, "type: uuid", [][2]string{
		{"6f1c2e0a-77b1-4c1e-9d2b-0123456789ab", id},
		{"6F1C2E0A-77B1-4C1E-9D2B-0123456789AB", id},
		{id, id},
		{"{" + id + "}", id},
		{"{6f1c2e0a-77b1-4c1e-9d2b-0123456789ab}", id},
		{"urn:uuid:6f1c2e0a-77b1-4c1e-9d2b-0123456789ab", id},
		{"URN:UUID:" + id, id},
		{"00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000"},
		{"6f1c2e0a-77b1-4c1e-9d2b-0123456789a", noUUID},
		{"6f1c2e0a-77b1-4c1e-9d2b-0123456789abc", noUUID},
		{"6f1c2e0a-zzzz-4c1e-9d2b-0123456789ab", noUUID},
		{"6f1c2e0a77b1-4c1e-9d2b-0123456789ab-", noUUID},
		{"6f1c2e0a-77b1-4c1e-9d2b", noUUID},
		{"{" + id, noUUID},
		{id + "}", noUUID},
		{"{}", noUUID},
		{"urn:uuid:", noUUID},
		{"12345", noUUID},
		{"evt-000017", noUUID},
		{"6f1c2e0a--7b14c1e9d2b0123456789ab", noUUID},
	})
}

func TestBooleans(t *testing.T) {
	t.Parallel()
	testCells(t, "type: boolean", [][2]string{
		{"true", "true"},
		{"T", "true"},
		{"YES", "true"},
		{"y", "true"},
		{"On", "true"},
		{"1", "true"},
		{"FALSE", "false"},
		{"f", "false"},
		{"No", "false"},
		{"n", "false"},
		{"off", "false"},
		{"0", "false"},
		{"2", noBoolean},
		{"maybe", noBoolean},
		{"none", "absent"},
	})
}
