package storefront

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// This file is a slow, simple reader of its own, written from the contract's description: what it makes of an object
// must be what the manifest says.

// verdict is what the reader makes of one record.
type verdict struct {
	line           int
	reason, column string
	values, extras map[string]string
}

// unpack decompresses by magic bytes.
func unpack(t *testing.T, body []byte) []byte {
	t.Helper()
	var r io.Reader = bytes.NewReader(body)
	var err error
	switch {
	case bytes.HasPrefix(body, []byte{0x1f, 0x8b}):
		r, err = gzip.NewReader(r)
	case bytes.HasPrefix(body, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		var z *zstd.Decoder
		z, err = zstd.NewReader(r)
		r = z
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// read judges every record of a well-formed object that was stored at the given moment.
func read(t *testing.T, body []byte, stored time.Time) (all []verdict) {
	t.Helper()
	r := csv.NewReader(bytes.NewReader(unpack(t, body)))
	header, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	for {
		cells, next := r.Read()
		if errors.Is(next, io.EOF) {
			return all
		}
		if next != nil {
			t.Fatal(next)
		}
		line, _ := r.FieldPos(0)
		v := verdict{line: line, values: map[string]string{}, extras: map[string]string{}}
		v.judge(header, cells, stored)
		all = append(all, v)
	}
}

func contractName(header string) string {
	switch header {
	case "event_uuid":
		return "event_id"
	case "action", "event_name":
		return "event_type"
	case "timestamp", "occurred_at":
		return "event_time"
	case "customer_id":
		return "user_id"
	case "sku":
		return "product_id"
	case "product_title":
		return "product_name"
	case "product_category":
		return "category"
	case "unit_price":
		return "price"
	case "qty":
		return "quantity"
	case "order_total":
		return "total"
	case "currency_code":
		return "currency"
	case "platform":
		return "device"
	default:
		return header
	}
}

func (v *verdict) judge(header, cells []string, stored time.Time) {
	raw := map[string]string{}
	for i, name := range header {
		raw[contractName(name)] = strings.TrimSpace(cells[i])
	}
	for _, name := range []string{"campaign", "referrer"} {
		if raw[name] != "" {
			v.extras[name] = raw[name]
		}
		delete(raw, name)
	}
	for c := range colCampaign {
		name := c.String()
		value, reason := cleanCell(name, raw[name])
		if reason != "" {
			v.reason, v.column = reason, name
			return
		}
		if value != "" {
			v.values[name] = value
		}
	}
	v.rules(stored)
}

// rules judges the whole row.
func (v *verdict) rules(stored time.Time) {
	when, _ := time.Parse(clockTruth, v.values["event_time"])
	purchase := v.values["event_type"] == "purchase"
	amounts := [3]*big.Rat{}
	for i, name := range []string{"price", "quantity", "total"} {
		if v.values[name] != "" {
			amounts[i], _ = new(big.Rat).SetString(v.values[name])
		}
	}
	complete := amounts[0] != nil && amounts[1] != nil && amounts[2] != nil
	switch {
	case when.After(stored.Add(time.Hour)):
		v.reason, v.column = "in_future", "event_time"
	case when.Year() < 2000:
		v.reason, v.column = "too_old", "event_time"
	case purchase && v.values["product_id"] == "":
		v.reason, v.column = "purchase_needs_product", "product_id"
	case purchase && v.values["quantity"] == "0":
		v.reason, v.column = "purchase_needs_quantity", "quantity"
	case complete && new(big.Rat).Mul(amounts[0], amounts[1]).Cmp(amounts[2]) != 0:
		v.reason, v.column = "amount_mismatch", "total"
	}
}

// cleanCell is the canonical value of a trimmed cell, or the reason to reject it.
func cleanCell(name, text string) (value, reason string) {
	switch strings.ToLower(text) {
	case "", "null", "none", "nil", "nan", "n/a", "undefined", `\n`:
		if name == "event_type" || name == "event_time" {
			return "", "missing"
		}
		return "", ""
	}
	switch name {
	case "event_id":
		if id, err := uuid.Parse(text); err != nil || id.String() != text {
			return "", "invalid_uuid"
		}
	case "event_type":
		return cleanType(text)
	case "event_time":
		return cleanTime(text)
	case "user_id", "session_id", "product_id":
		text = strings.TrimSuffix(text, ".0")
		if text == "0" || text == "-1" {
			return "", ""
		}
	case "price", "total":
		return cleanDecimal(text)
	case "quantity":
		return cleanInteger(text)
	}
	return text, ""
}

func cleanType(text string) (value, reason string) {
	switch strings.NewReplacer("_", "", "-", "", " ", "").Replace(strings.ToLower(text)) {
	case "view", "productview", "pageview":
		return "view", ""
	case "click", "clicked", "productclick":
		return "click", ""
	case "search", "searched", "sitesearch":
		return "search", ""
	case "addtocart", "cart", "addedtocart":
		return "add_to_cart", ""
	case "removefromcart", "cartremove", "remove":
		return "remove_from_cart", ""
	case "wishlist", "addtowishlist", "favorite":
		return "wishlist", ""
	case "checkout", "begincheckout":
		return "checkout", ""
	case "purchase", "transaction", "order", "bought":
		return "purchase", ""
	default:
		return "", "unknown_value"
	}
}

func cleanTime(text string) (value, reason string) {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		for n < 1e14 {
			n *= 1000 // seconds to milliseconds to microseconds
		}
		return time.UnixMicro(n).UTC().Format(clockTruth), ""
	}
	for _, format := range []string{
		"2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02 15:04:05 UTC",
		"02-01-2006, 15:04:05", "01/02/2006 3:04 PM",
	} {
		if when, err := time.Parse(format, text); err == nil {
			return when.UTC().Truncate(time.Microsecond).Format(clockTruth), ""
		}
	}
	return "", "invalid_timestamp"
}

func cleanDecimal(text string) (value, reason string) {
	text = strings.TrimPrefix(text, "$")
	if strings.Index(text, ".") < strings.Index(text, ",") {
		text = strings.NewReplacer(".", "", ",", ".").Replace(text)
	}
	amount, ok := new(big.Rat).SetString(strings.ReplaceAll(text, ",", ""))
	switch {
	case !ok:
		return "", "invalid_decimal"
	case amount.Sign() < 0:
		return "", "below_minimum"
	case amount.Cmp(big.NewRat(1_000_000, 1)) > 0:
		return "", "above_maximum"
	default:
		return amount.FloatString(2), ""
	}
}

func cleanInteger(text string) (value, reason string) {
	n, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return "", "invalid_integer"
	case n < 0:
		return "", "below_minimum"
	case n > 10_000:
		return "", "above_maximum"
	default:
		return strconv.Itoa(n), ""
	}
}
