// Command campaign tries to break eventdrop for a given time, and prints what it showed. It is for
// developers: it builds the drills below functions/internal/campaign and runs them, so that it
// needs Go and this module's source.
//
//	go run ./functions/campaign --for 1h
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
