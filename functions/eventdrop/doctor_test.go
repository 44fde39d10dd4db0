package main

import (
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/wiring"
)

// A PostgreSQL that takes connections and says nothing uses up its own time only.
func TestDoctorFindsTheStoreWellBesideADatabaseThatNeverAnswers(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	w := newWorld(t)
	w.config.DatabaseURL = "postgres://u:p@" + silent.Addr().String() + "/db?sslmode=disable"
	parts, err := wiring.Assemble(t.Context(), w.config, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer parts.Close()
	d := &doctor{patience: 5 * time.Second}
	d.examine(t.Context(), parts)
	var text strings.Builder
	if err := writeChecks(&text, d.checks); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"FAULT  PostgreSQL answers", "PostgreSQL does not answer", "-      tables and privileges of the contracts\n", "not checked", "ok     the bucket can be listed\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
	if n := strings.Count(text.String(), "FAULT"); n != 1 {
		t.Errorf("%d faults in\n%s", n, text.String())
	}
}
