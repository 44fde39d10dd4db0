package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// canaries are secrets and row content that must occur nowhere but where they belong.
type canaries struct{ password, secret, token, row string }

func (c canaries) all() map[string]string {
	return map[string]string{"the database's password": c.password, "the store's secret": c.secret, "the token": c.token, "a row": c.row}
}

// releaseCanaries gives a world secrets that can be recognised.
func releaseCanaries(t *testing.T, w *world) canaries {
	t.Helper()
	name := strings.ReplaceAll(uuid.NewString(), "-", "")
	c := canaries{"canary-password-" + name, w.config.S3SecretKey, "canary-token-" + name, "canary-row-" + name}
	role := pgx.Identifier{"canary_" + name}.Sanitize()
	exec := func(sql string) {
		if _, err := w.db.Pool.Exec(context.WithoutCancel(t.Context()), sql); err != nil {
			t.Error(err)
		}
	}
	exec("create role " + role + " login in role eventdrop_loader password '" + c.password + "'")
	t.Cleanup(func() { exec("drop role " + role) })
	address, err := url.Parse(w.db.URL)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("canary_"+name, c.password)
	w.config.DatabaseURL, w.config.WebhookToken = address.String(), c.token
	return c
}

// heard is all that a process tells. It is safe for concurrent use.
type heard struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (h *heard) Write(text []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.Write(text)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String()
}

// I14, S4, S14: secrets and row content occur in no log, error, answer, report or ledger, whatever goes wrong.
func TestCanariesAreNeverTold(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	c := releaseCanaries(t, w)
	if _, err := w.db.Pool.Exec(t.Context(), `alter table events add constraint no_such_product check (product_id <> 'refused')`); err != nil {
		t.Fatal(err)
	}
	w.dropCanaries(c)
	told := new(heard)
	w.serveToldTo(told, c)
	for _, args := range [][]string{
		{"doctor"},
		{"status"},
		{"history"},
		{"history", "-o", "json"},
		{"load", "s3://" + w.config.S3Bucket + "/damaged.csv.gz"},
		{"reconcile", "--dry-run"},
		{"reconcile"},
		{"redrive", "--all", "--dry-run"},
	} {
		w.tell(told, args...)
	}
	faulty(w, told)
	for what, canary := range c.all() {
		if at := strings.Index(told.String(), canary); at >= 0 {
			t.Errorf("%s was told: ...%s...", what, told.String()[max(0, at-300):min(len(told.String()), at+len(canary))])
		}
		for _, table := range []string{"to_jsonb(t) from objects t", "to_jsonb(t) - 'sample' from receipts t", "to_jsonb(t) from quality_counts t"} {
			w.expect("0", "select count(*) from (select "+table+") as r (j) where j::text like '%' || $1 || '%'", canary)
		}
	}
	w.expect("loaded/loaded/parked/failed", `select string_agg(state, '/' order by array_position(array['sound.csv', 'rejects.csv', 'damaged.csv.gz', 'refused.csv'], key))
		from objects where key in ('sound.csv', 'rejects.csv', 'damaged.csv.gz', 'refused.csv')`)
	w.expect("t", "select count(*) > 0 from rejected_rows where raw like '%' || $1 || '%'", c.row) // there it belongs
	if !strings.Contains(told.String(), "object handled") || !strings.Contains(told.String(), "no_such_product") {
		t.Error("nothing was told at all")
	}
}

// dropCanaries stores objects that end in every way, each with the canary in its rows.
func (w *world) dropCanaries(c canaries) {
	w.t.Helper()
	row := func(id int, product string) string {
		return fmt.Sprintf("%08d-1111-4111-8111-111111111111,view,2026-11-23T10:00:00Z,%s,%s\n", id, c.row, product)
	}
	const head = "event_id,event_type,event_time,user_id,product_id\n"
	w.put("sound.csv", head+row(1, "p"))
	w.put("rejects.csv", head+"x"+row(2, "p")+`"`+c.row+"\n")
	w.put("refused.csv", head+row(3, "refused")) // PostgreSQL quotes the row in the error's detail
	w.put("damaged.csv.gz", "\x1f\x8b"+head+row(4, "p"))
}

// serveToldTo runs the program until every object has an outcome, and bothers its receiver.
func (w *world) serveToldTo(told *heard, c canaries) {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), os.Args[0], "serve")
	cmd.Env = append(append(os.Environ(), asProgram+"=1", "EVENTDROP_LOG_LEVEL=debug", "EVENTDROP_LOG_FORMAT=json"), w.settings()...) //nolint:forbidigo // what a process gets
	cmd.Stdout, cmd.Stderr = told, told
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.eventually("4", "select count(*) from objects where state in ('loaded', 'parked') or attempts > 0")
	_, notices, _ := strings.Cut(told.String(), `"notices":"`)
	notices, _, _ = strings.Cut(notices, `"`)
	for token, body := range map[string]string{
		c.token: `{"Records":[{"s3":"` + c.row + `"}]}`, c.token + "x": c.row, "": c.row,
	} {
		status, answer := post(w.t, notices, token, body)
		fmt.Fprintln(told, status, answer)
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		w.t.Error(err)
	}
}

// tell adds what a command prints.
func (w *world) tell(told *heard, args ...string) {
	w.t.Helper()
	_, stdout, stderr := w.command(args...)
	fmt.Fprintln(told, stdout, stderr)
}

// faulty has commands fail for each setting that holds a secret.
func faulty(w *world, told *heard) {
	w.t.Helper()
	good := w.config
	wrong := func(change func()) {
		change()
		for _, args := range [][]string{{"doctor"}, {"serve"}, {"load", "s3://" + good.S3Bucket + "/sound.csv"}, {"migrate"}, {"status"}} {
			w.tell(told, args...)
		}
		w.config = good
	}
	wrong(func() { w.config.DatabaseURL = strings.Replace(good.DatabaseURL, "@127.0.0.1:", "@127.0.0.1:1", 1) })
	wrong(func() { w.config.DatabaseURL = strings.Replace(good.DatabaseURL, "@", "x@", 1) })
	wrong(func() { w.config.DatabaseURL += "&sslmode=nonsense" })
	wrong(func() { w.config.DatabaseURL = "://" + good.DatabaseURL })
	wrong(func() { w.config.S3AccessKey = "nobody" })
	wrong(func() { w.config.S3Endpoint = "http://eventdrop:" + good.S3SecretKey + "@127.0.0.1:1" })
	wrong(func() { w.config.S3Endpoint = "https://127.0.0.1:1" })
	wrong(func() { w.config.Listen = "nowhere" })
}

// S6: a key is never a path of this machine, and may be as long as S3 allows.
func TestAKeyIsNeverAPath(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	path := t.TempDir() + "/private.csv"
	if err := os.WriteFile(path, []byte(priced("1.00")), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, bucket := range []string{"", w.config.S3Bucket} {
		for _, key := range []string{path, "../../../../../../../.." + path, "file://" + path} {
			notice := fmt.Sprintf(`{"Records":[{"eventName":"s3:ObjectCreated:Put","s3":{"bucket":{"name":%q},"object":{"key":%q,"versionId":"v"}}}]}`, bucket, key)
			objects, _, err := parseNotice(w.parts.Pipeline, []byte(notice))
			if err == nil && len(objects) > 0 == (bucket == "") {
				t.Errorf("bucket %q, key %q: %d accepted", bucket, key, len(objects))
			}
			for _, o := range objects {
				w.handle(o)
			}
		}
	}
	w.expect("0", "select count(*) from events")
	long := strings.Repeat(strings.Repeat("k", 99)+"/", 10) + strings.Repeat("k", 20) + ".csv"
	if len(long) != 1024 {
		t.Fatalf("the key has %d bytes", len(long))
	}
	w.put(long, priced("2.00"))
	w.reconcile()
	w.expect("2.00", "select price from events join objects using (object_id) where key = $1", long)
}
