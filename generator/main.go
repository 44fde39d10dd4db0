// Command generator drops realistic CSV objects with planted defects into a bucket or a directory, and writes down the
// truth about every line of them.
//
// Start reading at run: command line (flags.go) and settings (settings.go) become a job; produce (produce.go) makes
// objects at the asked pace and hands them to the place (bucket.go, directory.go) where they are dropped.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"eventdrop/generator/storefront"
)

// Exit codes, those of all programs of eventdrop.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], streams{out: os.Stdout, err: os.Stderr, terminal: isTerminal(os.Stderr)}))
}

// streams are where the program writes to: results to out, progress and faults to err.
type streams struct {
	out, err io.Writer
	terminal bool // err is a terminal
}

// say writes to the user. That nobody can hear it is no reason to stop.
func say(w io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) }

// isTerminal tells whether somebody looks at the file rather than a program.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, std streams) int {
	j, err := readJob(args, std)
	switch {
	case errors.Is(err, errAnswered):
		return exitDone
	case err != nil:
		say(std.err, "%v\nRun it with --help to see every flag.\n", err)
		return exitUsage
	}
	if err := j.do(ctx); err != nil {
		say(std.err, "generator: %v\n", err)
		return exitFailed
	}
	return exitDone
}

// do opens the shop, drops its objects, and reports.
func (j *job) do(ctx context.Context) error {
	shop, err := storefront.New(j.options)
	if err != nil {
		return fmt.Errorf("open the shop: %w", err)
	}
	j.announce()
	began := time.Now()
	progress := j.newProgress()
	sums, err := j.produce(ctx, shop, progress)
	progress.end()
	if err == nil || sums.objects > 0 {
		say(j.std.out, "%s\n", sums.report(time.Since(began)))
	}
	return err
}
