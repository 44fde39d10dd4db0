package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"eventdrop/functions/internal/wiring"
)

// Exit codes.
const (
	exitDone    = 0
	exitFailed  = 1
	exitUsage   = 2
	exitRefused = 3 // done, but some input was refused
)

// cli is the command line. Flags stand for what differs from call to call; settings are in the
// environment, and --set overrides them.
type cli struct {
	Set    map[string]string `short:"s" placeholder:"NAME=VALUE" help:"Override a setting, as -s workers=8; see 'eventdrop help settings'."`
	Output string            `short:"o" enum:"text,json,csv" default:"text" help:"Form of the result: text, json, or csv of 'rejects'."`

	Demo      demoCmd      `cmd:"" help:"Show the whole pipeline at work, on a PostgreSQL and a MinIO of its own."`
	Up        upCmd        `cmd:"" help:"Start PostgreSQL, MinIO and the runner, and keep their data."`
	Serve     serveCmd     `cmd:"" help:"Run the pipeline against the servers of the settings."`
	Migrate   migrateCmd   `cmd:"" help:"Create or update the tables, and the user that loads."`
	Load      loadCmd      `cmd:"" help:"Load files or objects, the way a notice would."`
	Replay    replayCmd    `cmd:"" help:"Load files or objects again on purpose, also parked ones."`
	Redrive   redriveCmd   `cmd:"" help:"Run rows in quarantine again, after a rule was mended."`
	Rejects   rejectsCmd   `cmd:"" help:"List what is in quarantine, and why."`
	Explain   explainCmd   `cmd:"" help:"Tell all that is known of an object or an event."`
	Reconcile reconcileCmd `cmd:"" help:"Load what no notice delivered."`
	Pause     pauseCmd     `cmd:"" help:"Load nothing until 'resume', but what is asked for by hand."`
	Resume    resumeCmd    `cmd:"" help:"End the pause, and load what it held back."`
	Status    statusCmd    `cmd:"" help:"Show how the pipeline is."`
	History   historyCmd   `cmd:"" help:"Show what happened to objects."`
	Event     eventCmd     `cmd:"" help:"Print a notice for objects, ready for 'sam local invoke -e -'."`
	Contract  contractCmd  `cmd:"" help:"Propose, check and show contracts, and make their tables."`
	Bench     benchCmd     `cmd:"" help:"Measure the pipeline against the least that its servers could take."`
	Doctor    doctorCmd    `cmd:"" help:"Check settings and servers, and say what to do."`
	Version   versionCmd   `cmd:"" help:"Show the version."`
	Help      struct {
		Settings helpSettingsCmd `cmd:"" help:"List all settings."`
	} `cmd:"" help:"Show more than --help does."`
}

// app is what every command works with.
type app struct {
	ctx    context.Context //nolint:containedctx // one per process: the signal's
	stdout io.Writer
	stderr io.Writer
	json   bool
	csv    bool // of rejects only
}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	var c cli
	parser, err := kong.New(&c, kong.Name("eventdrop"),
		kong.Description("Whoever drops a CSV object into a bucket finds clean, typed, de-duplicated rows in PostgreSQL, exactly once."),
		kong.Writers(stdout, stderr), kong.UsageOnError(), kong.Exit(func(int) { panic(helpShown{}) }))
	if err != nil {
		fmt.Fprintln(stderr, "eventdrop:", err)
		return exitFailed
	}
	return dispatch(parser, &c, args, &app{ctx: ctx, stdout: stdout, stderr: stderr})
}

// helpShown ends parsing after --help, where kong would end the process.
type helpShown struct{}

func dispatch(parser *kong.Kong, c *cli, args []string, a *app) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			if _, ok := fault.(helpShown); !ok {
				panic(fault)
			}
			code = exitDone
		}
	}()
	command, err := parser.Parse(args)
	if err == nil {
		err = overrideSettings(c.Set)
	}
	a.json, a.csv = c.Output == "json", c.Output == "csv"
	if err == nil && a.csv && command.Command() != "rejects" {
		err = errors.New("--output=csv: only 'rejects' has this form")
	}
	if err != nil {
		fmt.Fprintln(a.stderr, "eventdrop:", err)
		fmt.Fprintln(a.stderr, "Run `eventdrop --help` for the commands.")
		return exitUsage
	}
	return a.exitCode(command.Run(a))
}

// overrideSettings lets --set win over the environment.
func overrideSettings(set map[string]string) error {
	for name, value := range set {
		name = strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
		if err := os.Setenv("EVENTDROP_"+strings.TrimPrefix(name, "EVENTDROP_"), value); err != nil {
			return fmt.Errorf("--set %s: %w", name, err)
		}
	}
	return nil
}

// errUsage marks an error as wrong usage.
var errUsage = errors.New("wrong usage")

// errRefused ends a command that did its work although some input was refused.
var errRefused = errors.New("some input was refused")

func (a *app) exitCode(err error) int {
	var settings *wiring.SettingsError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errRefused):
		return exitRefused
	case errors.As(err, &settings), errors.Is(err, errUsage):
		fmt.Fprintln(a.stderr, "eventdrop:", plainLines(err.Error()))
		return exitUsage
	}
	fmt.Fprintln(a.stderr, "eventdrop:", plainLines(err.Error()))
	return exitFailed
}

// parts reads the settings and puts the pipeline together.
func (a *app) parts(need wiring.Need) (*wiring.Parts, *slog.Logger, error) {
	cfg, err := wiring.Read(need)
	if err != nil {
		return nil, nil, err
	}
	log := cfg.Logger(a.stderr)
	parts, err := wiring.Assemble(a.ctx, cfg, log)
	return parts, log, err
}

// print writes a result: as one JSON document, or by text.
func (a *app) print(document any, text func(io.Writer) error) error {
	if !a.json {
		return text(a.stdout)
	}
	encoder := json.NewEncoder(a.stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(document)
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}
