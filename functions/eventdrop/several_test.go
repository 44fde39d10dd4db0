package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
	"eventdrop/generator/storefront"
)

// shopContract is the default contract for keys below shop/.
func shopContract(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../internal/contract/ecommerce_events.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "shop.yaml", strings.Replace(string(text), `prefixes: [""]`, "prefixes: [shop/]", 1))
}

// basarContract is another shop's: other column names, epoch times, other event names, no event id.
const basarContract = `contract: basar
revision: 1
table: basar
objects: {prefixes: [basar/], suffixes: [.csv]}
key: id
extras: rest
columns:
  - {name: id, type: uuid}
  - {name: happened, type: timestamp, required: true, aliases: [Zeit], formats: [epoch]}
  - name: what
    type: enum
    required: true
    aliases: [Ereignis]
    values: {view: [Gesehen], purchase: [Kauf], cart: [In den Korb]}
  - {name: who, type: identifier, aliases: [Kunde], null_tokens: ["0"]}
  - {name: article, type: text, aliases: [Artikel]}
  - {name: amount, type: decimal, scale: 2, minimum: 0, aliases: [Betrag]}
`

const basarExport = "Zeit;Ereignis;Kunde;Betrag;Artikel;Filiale;Kampagne\n" +
	"1763633700123;Gesehen;42.0;;Lampe;Kiel;\n" +
	"1763633701;Kauf;0;1.234,50 EUR;\"Tisch; groß\";Kiel;Herbst\n" +
	"1763633702;in-den-korb;43;19,99;Lampe;;\n" +
	"1763633702;in-den-korb;43;19,99;Lampe;;\n" +
	"1763633703;Retoure;44;1;Lampe;;\n"

// Issue 4: a different shop's export needs a contract and nothing else; several contracts serve one bucket, in one process.
func TestServeLoadsTwoShopsUnderTwoContracts(t *testing.T) {
	w := newWorld(t)
	basar := write(t, "basar.yaml", basarContract)
	w.createTable(basar)
	t.Setenv("EVENTDROP_CONTRACT", shopContract(t)+" , "+basar)
	w.wants(exitDone, []string{"contract", "check"}, "contract ecommerce_events is sound, and table events fits it", "contract basar is sound, and table basar fits it")
	w.wants(exitDone, []string{"doctor"}, "table events fits the contract ecommerce_events", "the user may load into basar")
	w.put("basar/missed.csv", basarExport) // for the reconcile at start
	w.drop(5, storefront.Options{Seed: 21, Prefix: "shop", Rows: storefront.Rows{Min: 30, Max: 30}, Defects: 0.2})
	w.put("elsewhere/ignored.csv", basarExport)

	p := w.start("serve")
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	url := p.await(t, `notices=(\S+)`)[1]
	p.await(t, "reconciled")
	const noticed = "Zeit;Ereignis;Kunde\n1763633800;Kauf;45\n"
	w.put("basar/noticed.csv", noticed)
	for key, want := range map[string]string{"basar/noticed.csv": `"accepted":1`, "elsewhere/ignored.csv": `"accepted":0,"ignored":1`, "basar/a.tsv": `"ignored":1`} {
		if status, answer := post(t, url, w.config.WebhookToken, fmt.Sprintf(`{"bucket":%q,"key":%q}`, w.config.S3Bucket, key)); status != 200 || !strings.Contains(answer, want) {
			t.Errorf("%s: %d %s", key, status, answer)
		}
	}
	w.eventually("7", "select count(*) from objects where state in ('loaded', 'parked')")
	w.expect("basar/missed.csv basar loaded,basar/noticed.csv basar loaded", `select string_agg(concat_ws(' ', key, contract, state), ',' order by key)
		from objects where key not like 'shop/%'`)
	w.expect("ecommerce_events", "select string_agg(distinct contract, ',') from objects where key like 'shop/%'")
	w.expect("2025-11-20 10:15:00.123 view 42 - Lampe {\"Filiale\": \"Kiel\"}/2025-11-20 10:15:01 purchase - 1234.50 Tisch; groß {\"Filiale\": \"Kiel\", \"Kampagne\": \"Herbst\"}/"+
		"2025-11-20 10:15:02 cart 43 19.99 Lampe -/2025-11-20 10:15:02 cart 43 19.99 Lampe -/2025-11-20 10:16:40 purchase 45 - - -",
		`select string_agg(concat_ws(' ', happened at time zone 'UTC', what, coalesce(who, '-'), coalesce(amount::text, '-'), coalesce(article, '-'),
			coalesce(rest::text, '-')), '/' order by happened, line_no) from basar`)
	w.expect("basar unknown_value what Retoure 1763633703;Retoure;44;1;Lampe;;", "select concat_ws(' ', r.contract, reason, column_name, value, raw) from rejected_rows r where contract = 'basar'")
	w.checkShop()
	w.expect("t", "select (select sum(inserted) from receipts) = (select count(*) from events) + (select count(*) from basar)")
	w.expect("t", "select count(*) > 0 from rejected_rows where contract = 'ecommerce_events'")

	w.wants(exitDone, []string{"reconcile"}, "listed 7 objects, missed notices: 0")
	w.put("basar/again.csv", basarExport)
	w.put("basar/broken.csv", "\x00\x01\x02")
	w.eventually("9", "select count(*) from objects where state in ('loaded', 'parked')")
	w.expect("5", "select count(*) from basar") // the same records under another key are the same events
	w.expect("parked", "select state from objects where key = 'basar/broken.csv' and contract = 'basar'")
}

// checkShop compares the table events with what the generator planted; the quarantine holds other contracts' rows, too.
func (w *world) checkShop() {
	w.t.Helper()
	planted := 0
	for i := range w.truth {
		for j := range w.truth[i].Lines {
			if w.truth[i].Lines[j].Outcome == storefront.OutcomeEvent {
				planted++
			}
		}
	}
	if c, err := compare(w.t.Context(), w.truth, ownRejects{w.parts.Warehouse}); err != nil || c.wrong > 0 || planted == 0 {
		w.t.Errorf("%d planted, %v: %+v", planted, err, c)
	}
}

// Retries, the pause, redrive and replay know every contract.
func TestRedriveAndRetryUnderTwoContracts(t *testing.T) {
	w := newWorld(t)
	basar, shop := write(t, "basar.yaml", basarContract), shopContract(t)
	w.createTable(basar)
	t.Setenv("EVENTDROP_CONTRACT", shop+","+basar)
	w.put("basar/a.csv", basarExport)
	w.put("shop/a.csv", csvHead+"11111111-1111-4111-8111-111111111111,glance,2026-11-23T10:00:00Z,1\n")
	w.wants(exitDone, []string{"pause"})
	w.wants(exitFailed, []string{"reconcile"}, "paused")
	w.wants(exitDone, []string{"resume"}, "loaded: 2")
	mended := write(t, "mended.yaml", strings.NewReplacer("revision: 1", "revision: 2", "purchase: [Kauf]", "purchase: [Kauf], refund: [Retoure]").Replace(basarContract))
	t.Setenv("EVENTDROP_CONTRACT", shop+","+mended)
	view := w.redriveReport(exitRefused, "--all")
	if len(view.Receipts) != 2 || view.Totals.Inserted != 1 || view.Totals.Rejected != 1 {
		t.Errorf("redrive: %+v", view)
	}
	w.expect("refund 2", "select what || ' ' || revision from basar where what = 'refund'")
	w.expect("glance", "select value from rejected_rows where resolved_at is null")
	w.wants(exitDone, []string{"replay", "s3://" + w.config.S3Bucket + "/basar/a.csv"}, "loaded  5     0         0        5      0          0 ")
	w.expect("5", "select count(*) from basar")

	// An object whose table is not there fails, waits, and is retried when it is due.
	if _, err := w.db.Pool.Exec(t.Context(), "alter table basar rename to hidden"); err != nil {
		t.Fatal(err)
	}
	w.put("basar/b.csv", "Zeit;Ereignis\n1763633900;Kauf\n")
	w.wants(exitFailed, []string{"reconcile"}, "failed: 1")
	if _, err := w.db.Pool.Exec(t.Context(), "alter table hidden rename to basar; update objects set next_attempt_at = now() where state = 'failed'"); err != nil {
		t.Fatal(err)
	}
	w.wants(exitDone, []string{"reconcile"}, "due again: 1, loaded: 1")
	w.expect("6", "select count(*) from basar")
}

func TestContractsThatOverlapAreRefusedEverywhere(t *testing.T) {
	w := newWorld(t)
	basar := write(t, "basar.yaml", basarContract)
	w.createTable(basar)
	t.Setenv("EVENTDROP_CONTRACT", "ecommerce_events,"+basar)
	says := []string{basar + ":4:", "basar", "ecommerce_events", `would both serve the key "basar/example.csv"`, "prefixes", "eventdrop contract show -o json ecommerce_events"}
	for _, name := range []string{"serve", "reconcile", "status", "doctor"} {
		w.wants(exitFailed, []string{name}, says...)
	}
	w.wants(exitRefused, []string{"contract", "check"}, says...)
	w.wants(exitRefused, []string{"contract", "check", "ecommerce_events", basar}, says...)
	w.wants(exitUsage, []string{"contract", "show"}, "the settings name 2 contracts: say which one")
	for setting, want := range map[string]string{
		basar + "," + write(t, "twice.yaml", strings.Replace(basarContract, "[basar/]", "[b/]", 1)): "has the name basar, too",
		basar + "," + write(t, "table.yaml", strings.NewReplacer("contract: basar", "contract: other", "[basar/]", "[b/]",
			"name: amount, type: decimal, scale: 2", "name: amount, type: integer").Replace(basarContract)): "column amount is decimal of scale 2, not integer",
		basar + ",,nothing.yaml": "EVENTDROP_CONTRACT has an empty name",
		basar + ",nothing.yaml":  `read the contract "nothing.yaml": open nothing.yaml`,
	} {
		t.Setenv("EVENTDROP_CONTRACT", setting)
		w.wants(exitFailed, []string{"serve"}, want)
	}
}

// A file of this machine has no key: its path chooses where it reads like one, and else a person does.
func TestLoadOfAFileUnderOneOfSeveralContracts(t *testing.T) {
	w := newWorld(t)
	basar, shop := write(t, "basar.yaml", basarContract), shopContract(t)
	w.createTable(basar)
	t.Setenv("EVENTDROP_CONTRACT", shop+","+basar)
	path := write(t, "export.csv", basarExport)
	w.wants(exitUsage, []string{"load", path}, "none of the contracts ecommerce_events, basar serves a key like this one", "--contract NAME")
	w.wants(exitUsage, []string{"load", path, "--contract", "bazar"}, `there is no contract "bazar" here`)
	w.wants(exitUsage, []string{"load", "s3://" + w.config.S3Bucket + "/shop/a.csv", "--contract", "basar"}, `the contract ecommerce_events serves the key "shop/a.csv", not basar`)
	w.expect("0", "select count(*) from objects")
	receipt := onlyReceipt(t, w.wants(exitRefused, []string{"load", path, "--contract", "basar", "-o", "json"}))
	if receipt.Books != (dropzone.Books{RowsRead: 5, Inserted: 4, Rejected: 1}) || receipt.Contract != "basar" {
		t.Errorf("receipt %+v", receipt)
	}
	t.Chdir(filepath.Dir(path))
	if err := os.Mkdir("basar", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("basar/b.csv", []byte("Zeit;Ereignis\n1763633900;Kauf\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if receipt := onlyReceipt(t, w.wants(exitDone, []string{"load", "basar/b.csv", "-o", "json"})); receipt.Contract != "basar" || receipt.Inserted != 1 {
		t.Errorf("receipt %+v", receipt)
	}
	w.expect("basar basar", "select string_agg(contract, ' ') from objects")
}

func TestAContractInTheBucket(t *testing.T) {
	w := newWorld(t)
	w.put("contracts/basar.yaml", basarContract)
	address := "s3://" + w.config.S3Bucket + "/contracts/basar.yaml"
	w.createTable(address)
	t.Setenv("EVENTDROP_CONTRACT", address)
	w.put("basar/a.csv", basarExport)
	w.wants(exitDone, []string{"reconcile"}, "listed 1 objects", "loaded: 1")
	w.expect("4", "select count(*) from basar")
	w.put("contracts/bad.yaml", "contract: X\n")
	w.put("contracts/large.yaml", strings.Repeat("# no contract\n", 1<<17))
	for name, want := range map[string]string{
		"s3://" + w.config.S3Bucket + "/contracts/bad.yaml":     "/contracts/bad.yaml:1:11: contract: \"X\" is no name",
		"s3://" + w.config.S3Bucket + "/contracts/large.yaml":   "it has more than 1048576 bytes",
		"s3://" + w.config.S3Bucket + "/contracts/nothing.yaml": "correct the address of the contract",
		"s3://nobucket-here/contract.yaml":                      "correct the address of the contract",
		"s3://bucket":                                           "want s3://bucket/key",
	} {
		t.Setenv("EVENTDROP_CONTRACT", name)
		w.wants(exitFailed, []string{"reconcile"}, want)
	}
	t.Setenv("EVENTDROP_CONTRACT", address)
	w.config.S3SecretKey = "canary-secret"
	if _, stdout, stderr := w.command("contract", "show"); !strings.Contains(stderr, "EVENTDROP_S3_SECRET_KEY") || strings.Contains(stdout+stderr, "canary-secret") {
		t.Errorf("with a wrong key:\n%s\n%s", stdout, stderr)
	}
}

// ownRejects are the tables of one contract.
type ownRejects struct{ *warehouse.Warehouse }

// EachReject leaves out what the other contract refused.
func (o ownRejects) EachReject(ctx context.Context, visit func(warehouse.ExportedReject) error) error {
	return o.Warehouse.EachReject(ctx, func(r warehouse.ExportedReject) error {
		if strings.HasPrefix(r.Key, "basar/") {
			return nil
		}
		return visit(r)
	})
}
