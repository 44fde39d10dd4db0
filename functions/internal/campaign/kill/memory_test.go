package kill

import (
	"bytes"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

// R6: the runner may have little memory. An object that is larger than that is loaded all the same, beside small ones.
func TestAnObjectThatIsLargerThanTheMemoryIsLoaded(t *testing.T) { //nolint:paralleltest // it wants the machine to itself
	const limit = 160 << 10 // KiB of data that a process may have; Go takes 64 MiB at a time
	const rows, width, small = 80_000, 2_500, 40
	w := world.New(t, world.Options{Versioned: true, MinIO: sharedAnnouncer(t).store})
	b := openBucket(t, w)
	huge := bytes.NewBufferString("event_id,event_type,event_time,user_id,note\n")
	note := strings.Repeat("x", width)
	for row := range rows {
		fmt.Fprintf(huge, "%08x-1111-4111-8111-%012x,view,2026-11-23T09:00:00Z,u,%s\n", row%50, row%50, note)
	}
	if huge.Len() < limit<<10 {
		t.Fatalf("the object has %d bytes only", huge.Len())
	}
	if _, err := b.put(t.Context(), "huge.csv", huge.Bytes()); err != nil {
		t.Fatal(err)
	}
	for i := range small {
		if _, err := b.put(t.Context(), fmt.Sprintf("small/%d.csv", i), overlapping(i)); err != nil {
			t.Fatal(err)
		}
	}
	// A thread's stack counts as data, with 8 MiB by default, and on a busy machine there are more threads.
	p := &program{exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf(`ulimit -s 1024; ulimit -d %d; exec "$0" serve`, limit), world.Program(t, "")), newTail()}
	p.Env, p.Stderr = w.Environ(), p.log
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	p.await(t, p.log.reconciled)
	w.Eventually(strconv.Itoa(small+1), "select count(*) from objects where state = 'loaded'")
	if got := w.Value("select rows_read from receipts join objects using (object_id) where key = 'huge.csv'"); got != strconv.Itoa(rows) {
		t.Errorf("%s rows were read, want %d", got, rows)
	}
	p.stop(t)
	w.CheckBooks()
	w.CheckComplete()
}
