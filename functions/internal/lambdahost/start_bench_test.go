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
// connected and the schema is checked; and then that it has loaded a small object, too. Told are the medians and the shortest times, and the medians of
// the processor's time that the function itself took, all in milliseconds: on a busy machine the first mean little.
func BenchmarkFirstResponse(b *testing.B) {
	w := world.New(b, world.Options{Versioned: true})
	put(b, w, "a.csv", rows(0, 10))
	const empty = "internal/lambdahost/testdata/empty"
	cases := []struct{ what, program, event string }{
		{"empty", empty, "{}"},
		{"ready", "ingest", `{"Event":"s3:TestEvent"}`},
		{"loaded", "ingest", bare(w, "a.csv")},
	}
	took, shares := map[string][]time.Duration{}, map[string][]time.Duration{}
	for b.Loop() {
		for _, c := range cases {
			binary(b, c.program)
			begun := time.Now()
			f := start(b, w, c.program)
			f.invoke(c.event)
			took[c.what] = append(took[c.what], time.Since(begun))
			shares[c.what] = append(shares[c.what], end(b, f.Cmd))
			if _, err := w.DB.Pool.Exec(b.Context(), "truncate objects, receipts, events, rejected_rows, quality_counts cascade"); err != nil {
				b.Fatal(err)
			}
		}
	}
	for _, c := range cases {
		b.ReportMetric(milliseconds(median(took[c.what])), c.what+"-ms")
		b.ReportMetric(milliseconds(slices.Min(took[c.what])), c.what+"-min-ms")
		b.ReportMetric(milliseconds(median(shares[c.what])), c.what+"-cpu-ms")
	}
}

func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// end kills the function and returns the processor's time that it took.
func end(tb testing.TB, cmd *exec.Cmd) time.Duration {
	tb.Helper()
	if err := cmd.Process.Kill(); err != nil {
		tb.Fatal(err)
	}
	_ = cmd.Wait() // killed, as asked
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}
