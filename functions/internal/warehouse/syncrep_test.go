package warehouse

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/contract"
	"eventdrop/functions/internal/pgtest"
)

// lockedBuffer is a log that sessions may write to at a time.
type lockedBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// P13: somebody ends a COMMIT's wait for a replica that is away. The rows are committed here, PostgreSQL warns, and so
// does the log; nothing is loaded twice.
func TestACommitWhoseWaitForAReplicaWasCutOffIsACommit(t *testing.T) {
	t.Parallel()
	h := newHarnessAt(t, pgtest.Own(t, "synchronous_commit=on"), nil)
	c, err := contract.Default()
	if err != nil {
		t.Fatal(err)
	}
	var log lockedBuffer
	if h.Warehouse, err = Open(t.Context(), Config{
		URL: h.db.LoaderURL, Schema: h.db.Schema, MaxConns: 2, ApplicationName: "waits", Log: slog.New(slog.NewTextHandler(&log, nil)),
	}, c); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	h.exec("alter system set synchronous_standby_names = 'nobody'")
	h.exec("select pg_reload_conf()")
	h.await("current_setting('synchronous_standby_names') = 'nobody'")
	h.exec("checkpoint") // the checkpointer, which has commits wait, has read the setting then

	run := h.run(object("a.csv"), header+view(id1, "u"))
	loaded := make(chan error, 1)
	go func() {
		receipt, err := h.Load(t.Context(), run)
		if err == nil && receipt.Inserted != 1 {
			t.Errorf("receipt %+v", receipt)
		}
		loaded <- err
	}()
	h.await("exists (select from pg_stat_activity where application_name = 'waits' and wait_event = 'SyncRep')")
	h.value("select bool_and(pg_cancel_backend(pid)) from pg_stat_activity where application_name = 'waits' and wait_event = 'SyncRep'")
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "level=WARN") || !strings.Contains(log.String(), "code=01000") {
		t.Errorf("log: %s", log.String())
	}
	if receipt := h.load(object("a.csv"), header+view(id1, "u")); !receipt.Already {
		t.Errorf("again: %+v", receipt)
	}
	h.expect("1", "select count(*) from events")
	h.books()
}
