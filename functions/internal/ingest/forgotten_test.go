package ingest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/dropzone"
	"eventdrop/functions/internal/warehouse"
)

// N5: Lambda tries a notice three times and then forgets it. The ledger does not.
func TestANoticeThatItsSenderGaveUpIsTriedAgainFromTheLedger(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	h.Jitter = func(time.Duration) time.Duration { return 0 } // retries are due at once
	o := h.store.put("in/a.csv", "v", sound, 1)
	h.store.faults = []error{errors.New("slow down"), errors.New("slow down"), errors.New("slow down")}
	for try := range 3 {
		if r, err := h.Handle(t.Context(), Order{Object: o}); err == nil || r.State != dropzone.Failed {
			t.Fatalf("try %d: %+v, %v", try+1, r, err)
		}
	}
	w, ok := h.Ledger.(*warehouse.Warehouse)
	if !ok {
		t.Fatalf("the ledger is a %T", h.Ledger)
	}
	due, _, err := w.Due(t.Context(), "shop", "in/", dropzone.DueMark{}, 10)
	if err != nil || len(due) != 1 {
		t.Fatalf("due: %v, %v", due, err)
	}
	if r := h.handle(Order{Object: due[0], Again: true}); r.State != dropzone.Loaded || r.Inserted != 1 {
		t.Errorf("receipt %+v", r)
	}
	h.books()
}

// S5: the log is one line per object, whatever the object is called.
func TestANameForgesNoLineOfTheLog(t *testing.T) {
	t.Parallel()
	h := newHarness(t)
	for _, name := range []string{"a\nlevel=ERROR msg=forged.csv", "\x1b[31mred\x1b[0m.csv", "\u202egpj.csv", "a\r\tb.csv", "\u2028line.csv"} {
		h.log.Reset()
		h.handle(Order{Object: h.store.put("in/"+name, "v\n"+name, sound, 1)})
		line := strings.TrimSuffix(h.log.String(), "\n")
		if strings.ContainsAny(line, "\n\r\t\x1b\u202e\u2028") || !strings.Contains(line, "state=loaded") {
			t.Errorf("%q is logged as %q", name, line)
		}
	}
}
