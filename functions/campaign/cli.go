package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// cli is the command line.
type cli struct {
	For      time.Duration `placeholder:"1h" xor:"length" help:"Repeat the short form with one seed after the other, and begin nothing after this time."`
	Rounds   int           `placeholder:"N" xor:"length" help:"Repeat the short form so often; default 1."`
	Long     bool          `xor:"length" help:"Carry each drill out once in its long form, as it is published. It takes hours."`
	Only     []string      `placeholder:"NAME" help:"Only this drill; may be given several times." sep:"none"`
	Seed     uint64        `help:"Where the randomness begins; default: by chance."`
	Parallel int           `default:"1" help:"Drills side by side."`
	List     bool          `help:"List the drills and leave."`
	Output   string        `short:"o" enum:"text,json" default:"text" help:"Form of the figures: ${enum}."`
	Report   string        `type:"path" placeholder:"FILE" help:"Write the figures into this document, too, as docs/reliability.md."`
}

// helpShown ends parsing after --help, where kong would end the process.
type helpShown struct{}

// run is main without the process: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) (code int) {
	defer func() {
		if fault := recover(); fault != nil {
			if _, ok := fault.(helpShown); !ok {
				panic(fault)
			}
			code = exitDone
		}
	}()
	var c cli
	parser, err := kong.New(&c, kong.Name("campaign"),
		kong.Description("Tries to break eventdrop, and prints what that showed."),
		kong.Writers(stdout, stderr), kong.Exit(func(int) { panic(helpShown{}) }))
	if err == nil {
		_, err = parser.Parse(args)
	}
	var chosen []drill
	if err == nil {
		chosen, err = c.choose()
	}
	if err != nil {
		fmt.Fprintln(stderr, "campaign:", err)
		return exitUsage
	}
	if c.List {
		list(stdout, chosen)
		return exitDone
	}
	if err := c.carryOut(ctx, chosen, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "campaign:", err)
		return exitFailed
	}
	return exitDone
}

// choose checks the flags and returns the drills that are wanted.
func (c *cli) choose() ([]drill, error) {
	if c.Rounds < 0 || c.For < 0 || c.Parallel < 1 {
		return nil, errors.New("--rounds and --for must not be negative, and --parallel is at least 1")
	}
	if c.Seed == 0 {
		c.Seed = uint64(rand.Uint32()) //nolint:gosec // any will do; a short one is easier to type
	}
	if len(c.Only) == 0 {
		return drills(), nil
	}
	var chosen []drill
	for _, name := range c.Only {
		at := slices.IndexFunc(drills(), func(d drill) bool { return d.name == name })
		if at < 0 {
			return nil, fmt.Errorf("there is no drill %q: see --list", name)
		}
		if slices.Contains(chosen, drills()[at]) {
			return nil, fmt.Errorf("drill %q is named twice: --rounds repeats it, each time with another seed", name)
		}
		chosen = append(chosen, drills()[at])
	}
	return chosen, nil
}

// carryOut runs the campaign and tells its figures, also when it was interrupted.
func (c *cli) carryOut(ctx context.Context, chosen []drill, stdout, stderr io.Writer) error {
	module, err := findModule(ctx)
	if err != nil {
		return err
	}
	commit := module.commit(ctx)
	binaries, err := build(ctx, module, chosen, stderr)
	if err != nil {
		return err
	}
	defer binaries.remove()
	figures := &figures{Started: time.Now().UTC(), Form: c.form(), Seed: c.Seed}
	r := runner{cli: c, binaries: binaries, progress: stderr, figures: figures, began: time.Now()}
	r.run(ctx, chosen)
	figures.Complete = ctx.Err() == nil
	ctx = context.WithoutCancel(ctx)
	figures.Commit, figures.Machine = module.commitSince(ctx, commit), currentMachine(ctx)
	if err := figures.write(stdout, c.Output); err != nil {
		return err
	}
	if c.Report != "" {
		if err := figures.publish(c.Report); err != nil {
			return err
		}
	}
	return figures.judge(chosen)
}

func (c *cli) form() string {
	if c.Long {
		return "long"
	}
	return "short"
}
