package model

import (
	"flag"
	"strconv"
	"testing"

	"pgregory.net/rapid"

	"eventdrop/functions/internal/campaign"
)

// Check carries out a drill: it draws as many schedules as the drill has, from its seed, and wants the verdict on
// each to be without complaint. What fails is shrunk, and printed with how to see it again. It must not run beside
// another one in the same process, because rapid takes its orders from flags.
func Check(t *testing.T, d *campaign.Drill, live func(*Schedule) Verdict) {
	t.Helper()
	for name, value := range map[string]string{
		"rapid.checks": strconv.Itoa(d.N()), "rapid.seed": strconv.FormatUint(d.Seed(), 10), "rapid.nofailfile": "true",
	} {
		if err := flag.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	draws, passed := Draws(), 0
	defer func() {
		if passed < d.N() && !t.Failed() { // rapid ends early, and content, where the test's deadline is near
			t.Errorf("only %d of %d schedules: raise the test's timeout", passed, d.N())
		}
	}()
	var last Verdict
	defer func() {
		if t.Failed() {
			d.Differ(passed, last.Differences)
		}
	}()
	rapid.Check(t, func(rt *rapid.T) {
		schedule := draws.Draw(rt, "schedule")
		if last = live(&schedule); last.Complaint != "" {
			rt.Fatalf("%s\nin the life of:\n%s\nagain: %s=%d %s=%d go test -count=1 -run '^%s$' in this package",
				last.Complaint, &schedule, campaign.EnvSeed, d.Seed(), campaign.EnvN, d.N(), t.Name())
		}
		passed++
	})
}
