package embedded

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// dropStalePIDFile removes the postmaster.pid that a killed server left in its data folder. By
// the folder's lock no server that this package started is alive, but the number of the dead one
// may belong to a new process, as is common in containers, and PostgreSQL would refuse to start.
//
// It returns an error where a server that somebody else started on these data still listens.
func dropStalePIDFile(ctx context.Context, data string) error {
	path := filepath.Join(data, "postmaster.pid")
	pid, port, err := readPIDFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read postmaster.pid: %w", err)
	}
	if alive(pid) && listens(ctx, port) {
		return fmt.Errorf("%s is in use by a PostgreSQL server, process %d on port %s; stop that one first", data, pid, port)
	}
	return os.Remove(path)
}

// readPIDFile returns the process number and the port of a server: the lines 1 and 4 of its file.
func readPIDFile(path string) (pid int, port string, err error) {
	file, err := os.Open(path) //nolint:gosec // our own folder
	if err != nil {
		return 0, "", err
	}
	defer file.Close()
	lines := make([]string, 0, 4)
	for scanner := bufio.NewScanner(file); len(lines) < cap(lines) && scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	if len(lines) < cap(lines) {
		return 0, "", nil // the server died while it wrote: nobody listens
	}
	pid, err = strconv.Atoi(lines[0])
	return pid, lines[3], err
}

// listens reports whether any program accepts connections on a port of this machine.
func listens(ctx context.Context, port string) bool {
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort("127.0.0.1", port))
	return err == nil && conn.Close() == nil
}
