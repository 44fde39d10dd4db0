package campaign

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// envTied is the folder of the process that is killed.
const envTied = "EVENTDROP_CAMPAIGN_TIED"

// TestATiedProcess is run by the next test, which kills it.
func TestATiedProcess(t *testing.T) { //nolint:paralleltest // it runs in a process of its own
	folder := os.Getenv(envTied) //nolint:forbidigo // the switch between both
	if folder == "" {
		t.Skip("it is run by another test")
	}
	inside := filepath.Join(folder, "inside")
	if err := os.Mkdir(inside, 0o700); err != nil {
		t.Fatal(err)
	}
	Afterwards(t, `umount -l "$1" 2>/dev/null; rmdir -- "$1"`, inside)
	if mayMount() {
		if out, err := exec.CommandContext(t.Context(), "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", inside).CombinedOutput(); err != nil {
			t.Fatalf("mount: %v %s", err, out)
		}
		if err := os.WriteFile(filepath.Join(inside, "ballast"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Supervise(t.Context(), nil, "/bin/sh", "-c", `echo $$ >"$1.new" && mv "$1.new" "$1" && exec sleep 1000`, "sh", filepath.Join(folder, "pid")); err != nil {
		t.Fatal(err)
	}
	_, _ = io.ReadAll(os.Stdin) // until it is killed
}

func mayMount() bool { return runtime.GOOS == "linux" && os.Geteuid() == 0 }

func TestNothingTiedOutlivesAProcessThatIsKilled(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	child := exec.CommandContext(t.Context(), self, "-test.run", "^TestATiedProcess$")
	child.Env = append(child.Environ(), envTied+"="+folder)
	child.Stdout, child.Stderr = os.Stderr, os.Stderr
	if _, err := child.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	until(t, "the child is ready", func() bool {
		text, err := os.ReadFile(filepath.Join(folder, "pid"))
		if err == nil {
			pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err == nil
	})
	if mayMount() && !mounted(t, folder) {
		t.Error("nothing was mounted")
	}
	_ = child.Process.Kill()
	_ = child.Wait() // it was killed
	until(t, "the program is dead", func() bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
	until(t, "the folder has gone", func() bool {
		_, err := os.Stat(filepath.Join(folder, "inside"))
		return errors.Is(err, fs.ErrNotExist)
	})
	if mayMount() && mounted(t, folder) {
		t.Error("it is still mounted")
	}
}

func mounted(t *testing.T, folder string) bool {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(mounts), " "+folder+"/")
}

func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	patience := time.After(20 * time.Second)
	poll := time.NewTicker(10 * time.Millisecond)
	defer poll.Stop()
	for !holds() {
		select {
		case <-poll.C:
		case <-patience:
			t.Fatal("in vain waited until " + what)
		}
	}
}

func TestATestEndsWhatIsTiedToIt(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		script string
		fails  bool
	}{{`rmdir "$1"`, false}, {`[ -d "$1" ]`, true}} {
		o := &observed{TB: t}
		Afterwards(o, test.script, folder)
		if o.cleanup(); o.Failed() != test.fails {
			t.Errorf("%s: %v", test.script, o.failures)
		}
	}
	kill, err := Supervise(t.Context(), nil, "sleep", "1000")
	if err != nil {
		t.Fatal(err)
	}
	if err := kill(); err != nil {
		t.Error(err)
	}
}
