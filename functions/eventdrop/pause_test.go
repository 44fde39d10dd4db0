package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

const oneView = "event_type,event_time,user_id\nview,2026-11-23T09:00:00Z,%s\n"

// A pause and its end, by the commands, beside a runner that goes on all the time.
func TestPauseHoldsEverythingBackUntilResume(t *testing.T) { //nolint:paralleltest // settings belong to the process
	w := newWorld(t)
	w.put("failed.csv", fmt.Sprintf(oneView, "u0"))
	if code, stdout, stderr := w.command("pause", "--reason", "index build"); code != exitDone || !strings.Contains(stdout, "because: index build") {
		t.Fatalf("pause: %d\n%s\n%s", code, stdout, stderr)
	}
	p := w.start("serve")
	t.Cleanup(func() {
		_ = p.Process.Kill()
		_ = p.Wait()
	})
	url := p.await(t, `notices=(\S+)`)[1]
	p.await(t, `paused: nothing is loaded.*since=20.*reason="index build" notices_held=0`)
	w.put("noticed.csv", fmt.Sprintf(oneView, "u1"))
	if status, answer := post(t, url, w.config.WebhookToken, fmt.Sprintf(`{"bucket":%q,"key":"noticed.csv"}`, w.config.S3Bucket)); status != 200 || !strings.Contains(answer, `"accepted":1`) {
		t.Errorf("a notice in a pause: %d %s", status, answer)
	}
	w.eventually("1", "select held from pauses")
	p.await(t, `notices_held=1`)
	w.expect("0", "select count(*) from objects")

	if code, stdout, stderr := w.command("reconcile"); code != exitFailed || !strings.Contains(stderr, "paused") || !strings.Contains(stderr, "resume") {
		t.Errorf("reconcile in a pause: %d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, _ := w.command("reconcile", "--dry-run"); code != exitDone || !strings.Contains(stdout, "missed notices: 2") {
		t.Errorf("reconcile --dry-run in a pause: %d\n%s", code, stdout)
	}
	w.expect("0", "select count(*) from objects")
	if code, stdout, stderr := w.command("load", "s3://"+w.config.S3Bucket+"/noticed.csv"); code != exitDone {
		t.Errorf("load by hand: %d\n%s\n%s", code, stdout, stderr)
	}
	if code, stdout, _ := w.command("status"); code != exitDone || !strings.HasPrefix(stdout, "PAUSED    since 20") || !strings.Contains(stdout, "notices held: 1, because: index build") {
		t.Errorf("status: %d\n%s", code, stdout)
	}

	if err := p.Process.Signal(syscall.SIGSTOP); err != nil { // or it may find the object first
		t.Fatal(err)
	}
	code, stdout, stderr := w.command("resume", "-o", "json")
	var view resumeView
	if err := json.Unmarshal([]byte(stdout), &view); err != nil || code != exitDone || view.Pause == nil || view.Pause.Held != 1 || view.Reconcile.Missing != 1 {
		t.Errorf("resume: %d, %v\n%s\n%s", code, err, stdout, stderr)
	}
	w.expect("2", "select count(*) from events")
	if err := p.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	w.put("later.csv", fmt.Sprintf(oneView, "u2"))
	w.eventually("3", "select count(*) from events") // the runner goes on by itself
	if code, stdout, _ := w.command("resume"); code != exitDone || !strings.HasPrefix(stdout, "was not paused") {
		t.Errorf("resume again: %d\n%s", code, stdout)
	}
	if _, stdout, _ := w.command("status"); strings.Contains(stdout, "PAUSED") {
		t.Errorf("status: still\n%s", stdout)
	}
}
