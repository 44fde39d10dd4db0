// Command eventdrop turns a bucket into a drop zone for e-commerce events: it runs the pipeline on
// one machine, and it is the operator's command line. Each command is a file of its own; the pipeline is
// in package ingest.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the process at once
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
