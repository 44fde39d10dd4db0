package campaign

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// Afterwards runs a shell script when the test ends, or this process, in whatever way: at Ctrl-C, a panic or SIGKILL no cleanup of a
// test runs. It is for what the system would keep.
func Afterwards(tb testing.TB, script string, args ...string) {
	tb.Helper()
	untie, err := tie(tb.Context(), nil, "read -r end\n"+script, args...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := untie(); err != nil {
			tb.Errorf("%s: %v", script, err)
		}
	})
}

// Supervise runs a program as a user, or as this one where that is nil, until kill is called, or until this process has ended as with [Afterwards].
// kill returns when the program is dead. The end of ctx does not end it.
func Supervise(ctx context.Context, user *syscall.Credential, program ...string) (kill func() error, err error) {
	return tie(ctx, user, `"$@" & read -r end; kill -s KILL $! 2>/dev/null; wait`, program...)
}

// tie starts a shell script whose input ends when untie is called, or with this process. untie returns when the script has ended.
func tie(ctx context.Context, user *syscall.Credential, script string, args ...string) (untie func() error, err error) {
	cmd := exec.CommandContext(context.WithoutCancel(ctx), "/bin/sh", append([]string{"-c", script, "sh"}, args...)...) //nolint:gosec // words of the drills
	cmd.Dir = "/"
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: user} // a Ctrl-C does not reach it
	input, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("tie to this process: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("tie to this process: %w", err)
	}
	return func() error { return errors.Join(input.Close(), cmd.Wait()) }, nil
}
