package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eventdrop/functions/internal/campaign"
)

// sample is a campaign of one drill.
func sample() *figures {
	f := &figures{Started: time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC), Commit: "abc", Seed: 7, Form: "long", Complete: true}
	j := job{drills()[0], 7}
	f.add(j, campaign.Figure{Drill: j.name, N: 3_000_000, Seconds: 61, Reached: map[string]int64{"late": 1_234}}, nil)
	return f
}

func TestFiguresArePublishedBesideTheOthers(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "report.md")
	other := "| " + drills()[1].name + " | 50,000 | 0 / 0 / 0 |\n"
	kept := "- **" + drills()[1].name + "**: early 1\n"
	stale := "| " + drills()[0].name + " | 1 |\n"
	if err := os.WriteFile(name, []byte("before\n"+beginFigures+other+kept+stale+"| no drill | 1 |\n"+endFigures+"after\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sample().publish(name); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	row := "| " + drills()[0].name + " | 3,000,000 | 0 / 0 / 0 | 1 in 1,000,000 | long | 7 | abc | 2026-11-24 | 1m1s |\n"
	for _, want := range []string{"before\n" + beginFigures, tableHead + row + other, "- **" + drills()[0].name + "**: late 1,234\n" + kept, endFigures + "after\n"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s\nwant in it %s", text, want)
		}
	}
	if strings.Contains(string(text), stale) || strings.Contains(string(text), "no drill") {
		t.Errorf("what must go is there:\n%s", text)
	}
	if err := os.WriteFile(name, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := sample().publish(name); err == nil {
		t.Error("a document without marks was taken")
	}
}

func TestARowTellsItsRounds(t *testing.T) {
	t.Parallel()
	f := sample()
	f.add(job{drills()[0], 8}, campaign.Figure{N: 3_000_000}, nil)
	if row := f.row(&f.Drills[0]); !strings.Contains(row, " | 6,000,000 | ") || !strings.Contains(row, " | long, 2 rounds | 7 | ") {
		t.Errorf("%s", row)
	}
}

func TestFiguresAreTold(t *testing.T) {
	t.Parallel()
	var text, document bytes.Buffer
	f := sample()
	f.Complete = false
	if err := f.write(&text, "text"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text.String(), "1 in 1,000,000") || !strings.Contains(text.String(), "INCOMPLETE") {
		t.Errorf("%s", &text)
	}
	if err := f.write(&document, "json"); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Complete bool
		Drills   []struct {
			Drill string
			N     int
			Below float64
		}
	}
	if err := json.Unmarshal(document.Bytes(), &read); err != nil || read.Complete || read.Drills[0].Below != 1e-6 || read.Drills[0].N != 3_000_000 {
		t.Errorf("%+v, %v", read, err)
	}
}
