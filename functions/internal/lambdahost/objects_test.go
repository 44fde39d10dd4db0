package lambdahost_test

import (
	"fmt"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign/world"
	"eventdrop/functions/internal/dropzone"
)

const header = "event_id,event_type,event_time,user_id\n"

// rows is an object of n events, from a number on.
func rows(from, n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		fmt.Fprintf(&b, "%08d-1111-4111-8111-111111111111,view,2026-11-23T09:00:00Z,u%d\n", from+i, i)
	}
	return b.String()
}

// put stores an object and returns what the store says of it.
func put(tb testing.TB, w *world.World, key, body string) dropzone.Object {
	tb.Helper()
	w.Put(key, body)
	o, err := w.Parts.Store.Stat(tb.Context(), dropzone.Object{Bucket: w.Config.S3Bucket, Key: key})
	if err != nil {
		tb.Fatal(err)
	}
	return o
}

// bare is the shortest notice of a key.
func bare(w *world.World, key string) string {
	return fmt.Sprintf(`{"bucket":%q,"key":%q}`, w.Config.S3Bucket, key)
}

const done = `{"objects":1,"failed":0,"ignored":0,"malformed":0}`

// locks is how many locks a schema's tables are under, but for those of readers that have gone on.
const locks = `select count(*) from pg_locks l join pg_class c on c.oid = l.relation join pg_stat_activity a using (pid)
	where c.relnamespace = to_regnamespace($1) and a.backend_type = 'client backend' and l.pid <> pg_backend_pid()`
