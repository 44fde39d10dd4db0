package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// account is the user that the servers run as. Its zero value is the user of this process.
type account struct {
	name       string
	credential *syscall.Credential
}

// serverAccount returns the user of this process, but for root: postgres or else nobody.
func serverAccount() (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return newAccount(u)
		}
	}
	return account{}, errors.New("servers do not run as root, and there is neither a user postgres nor a user nobody to run them")
}

func newAccount(u *user.User) (account, error) {
	uid, err := parseID(u.Uid)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := parseID(u.Gid)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	return account{name: u.Username, credential: &syscall.Credential{Uid: uid, Gid: gid}}, nil
}

// parseID reads a user or group number. macOS writes the one of nobody as -2.
func parseID(s string) (uint32, error) {
	id, err := strconv.ParseInt(s, 10, 64)
	return uint32(id), err //nolint:gosec // -2 stands for the 32 bits that it wraps around to
}

// String completes a sentence such as "cannot be run by ...".
func (a account) String() string {
	if a.credential == nil {
		return "this user"
	}
	return "user " + a.name
}

// id returns the number of the user.
func (a account) id() int {
	if a.credential == nil {
		return os.Geteuid()
	}
	return int(a.credential.Uid)
}

// own gives a file or folder to the account. What was not just made may be somebody's: see owns.
func (a account) own(path string) error {
	if a.credential == nil {
		return nil
	}
	return os.Lchown(path, int(a.credential.Uid), int(a.credential.Gid))
}

// owns returns an error where a file or folder belongs to another user.
func (a account) owns(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != a.id() {
		return fmt.Errorf("%s belongs to the user with number %d, and the server would run as %s; start it as the owner, or choose another folder", path, stat.Uid, a)
	}
	return nil
}

// attributes make a child process run as the account, in a session of its own: Ctrl-C on the
// terminal then reaches this process only, which stops its servers in order.
func (a account) attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setsid: true, Credential: a.credential}
}

// run executes a program as the account, in folder dir, and returns its output without the space
// around. The error of a program that failed includes what it wrote.
func (a account) run(ctx context.Context, dir, path string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, path, args...) //nolint:gosec // the programs are chosen by this package
	cmd.Dir = dir
	cmd.Env = cleanEnvironment()
	cmd.SysProcAttr = a.attributes()
	cmd.WaitDelay = time.Second // after ctx has ended, for grandchildren that hold the output
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s: %w %s", path, err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// cleanEnvironment keeps variables such as PGPORT, MINIO_ROOT_USER or HTTP_PROXY of the caller
// away from the servers.
func cleanEnvironment(more ...string) []string {
	return append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}, more...)
}
