package lambdahost_test

import (
	"os/exec"
	"slices"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign/world"
)

// BenchmarkFirstResponse measures a cold start without Lambda's share of it: from the start of the process to its first
// answer, of an empty function and, by turns, of ingest, whose first answer means that the settings are read, PostgreSQL is
// connected and the schema is checked; and then that it has loaded a small object, too. The medians are told, in milliseconds.
func BenchmarkFirstResponse(b *testing.B) {
	w := world.New(b, world.Options{Versioned: true})
	put(b, w, "a.csv", rows(0, 10))
	const empty = "internal/lambdahost/testdata/empty"
	cases := []struct{ what, program, event string }{
		{"empty-ms", empty, "{}"},
		{"ready-ms", "ingest", `{"Event":"s3:TestEvent"}`},
		{"loaded-ms", "ingest", bare(w, "a.csv")},
	}
	times := map[string][]time.Duration{}
	for b.Loop() {
		for _, c := range cases {
			binary(b, c.program)
			begun := time.Now()
			f := start(b, w, c.program)
			f.invoke(c.event)
			times[c.what] = append(times[c.what], time.Since(begun))
			end(b, f.Cmd)
			if _, err := w.DB.Pool.Exec(b.Context(), "truncate objects, receipts, events, rejected_rows, quality_counts cascade"); err != nil {
				b.Fatal(err)
			}
		}
	}
	for what, all := range times {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, what)
	}
}

func end(tb testing.TB, cmd *exec.Cmd) {
	tb.Helper()
	if err := cmd.Process.Kill(); err != nil {
		tb.Fatal(err)
	}
	_ = cmd.Wait() // killed, as asked
}
