package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"

	"eventdrop/functions/internal/dropzone"
)

// O9: pages of MinIO's listing end amid the versions of one key; whatever key an interrupted reconcile goes on after,
// no version is passed over.
func TestAReconcileGoesOnAmidTheVersionsOfAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const versions = 1_050 // more than a page
	for _, key := range []string{"a.csv", "c.csv", "d.csv"} {
		w.put(key, "x")
	}
	var puts sync.WaitGroup
	for i := range 4 {
		puts.Go(func() {
			for n := i; n < versions; n += 4 {
				w.overwrite("b.csv", strconv.Itoa(n))
			}
		})
	}
	puts.Wait()
	seen := map[string]bool{}
	after, rounds := "", 0
	for {
		ctx, cancel := context.WithCancel(t.Context())
		loads := 0
		r := w.parts.Reconciler(w.parts.Pipeline.Accepts, func(_ context.Context, objects []dropzone.Object) []error {
			for _, o := range objects {
				if loads++; loads == 1_020 && rounds == 0 {
					cancel()
				}
				seen[o.Key+" "+o.VersionID] = true
			}
			return nil
		})
		r.Workers, r.After = 1, after
		report, err := r.Run(ctx, false)
		cancel()
		if err == nil {
			break
		}
		if rounds++; !errors.Is(err, context.Canceled) || report.Through != "" && report.Through != "a.csv" || rounds > 1 {
			t.Fatalf("round %d: report %+v, %v", rounds, report, err)
		}
		after = "a.csv" // a.csv was loaded, too
	}
	if len(seen) != versions+3 || rounds != 1 {
		t.Errorf("%d versions seen in %d rounds, want %d", len(seen), rounds+1, versions+3)
	}
}

func TestReconcileBeginsAfterAKey(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	for _, key := range []string{"a.csv", "b.csv", "c.csv"} {
		w.put(key, fmt.Sprintf(oneView, key))
	}
	code, stdout, stderr := w.command("reconcile", "--after", "a.csv", "-o", "json")
	if code != exitDone || !strings.Contains(stdout, `"listed": 2`) || !strings.Contains(stdout, `"through": "c.csv"`) {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
	w.expect("b.csv,c.csv", "select string_agg(key, ',' order by key) from objects")
	// What the key did not reach is found by the next whole reconcile.
	w.config.S3Endpoint = "http://127.0.0.1:1"
	if code, _, stderr := w.command("reconcile", "--after", "a.csv"); code != exitFailed || !strings.Contains(stderr, `it can go on with --after "a.csv"`) {
		t.Errorf("without a store: %d\n%s", code, stderr)
	}
}
