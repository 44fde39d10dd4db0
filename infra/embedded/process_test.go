package embedded

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestServersAndTheirFoldersDoNotOutliveAKilledParent(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(program, helperCommand)
	parent.Stderr = os.Stderr
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pids [2]int
	var folders [2]string
	_, err = fmt.Fscanln(bufio.NewReader(output), &pids[0], &folders[0], &pids[1], &folders[1])
	if killErr := parent.Process.Kill(); err != nil || killErr != nil {
		t.Fatalf("the helper said nothing: %v, %v", err, killErr)
	}
	if err := parent.Wait(); err == nil {
		t.Error("the helper ended well, it should have been killed")
	}
	for i, pid := range pids {
		eventually(t, fmt.Sprintf("process %d is dead", pid), func() bool { return processDead(pid) })
		eventually(t, folders[i]+" is gone", func() bool { return missing(folders[i]) })
	}
}

// startShell starts a shell script as a server would be started.
func startShell(t *testing.T, script string) *process {
	t.Helper()
	f, err := openFolder(t.Context(), "", "shell", testAccount(t))
	if err != nil {
		t.Fatal(err)
	}
	log, _, err := f.openLog()
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p, err := startProcess(t.Context(), command{path: "/bin/sh", args: []string{"-c", script}, folder: f, stop: "TERM", env: cleanEnvironment()}, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.kill()
		if err := f.close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	eventually(t, "the script runs", func() bool { return !missing(filepath.Join(f.path, "ready")) })
	return p
}

func TestAServerThatDoesNotEndIsKilled(t *testing.T) {
	t.Parallel()
	p := startShell(t, `trap "" TERM; touch ready; while :; do read -r line; done`)
	if err := p.stop(t.Context(), plea{syscall.SIGTERM, 100 * time.Millisecond}); err == nil {
		t.Error("no error, want one that says that it was killed")
	}
	if !p.gone() || !processDead(p.PID()) {
		t.Errorf("process %d lives", p.PID())
	}
}

func TestTheNextPleaIsHeard(t *testing.T) {
	t.Parallel()
	p := startShell(t, `trap "" TERM; trap "exit 0" QUIT; touch ready; while :; do sleep 0.1; done`)
	if err := p.stop(t.Context(), plea{syscall.SIGTERM, 100 * time.Millisecond}, plea{syscall.SIGQUIT, time.Minute}); err != nil {
		t.Error(err)
	}
}

func TestAnEndedContextShortensTheWait(t *testing.T) {
	t.Parallel()
	p := startShell(t, `trap "" TERM; touch ready; while :; do sleep 0.1; done`)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := p.stop(ctx, plea{syscall.SIGTERM, time.Hour}); err == nil {
		t.Error("no error, want one that says that it was killed")
	}
}
