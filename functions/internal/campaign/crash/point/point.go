// Package point ends the process at a named place. Calls to it are put in front of statements at build
// time by package crash; no source that ships imports it.
package point

import (
	"fmt"
	"os"
	"strconv"
	"sync"
	"syscall"
)

// The environment of an instrumented program.
const (
	EnvTrace = "CRASH_TRACE" // a file that gets the name of each point that is visited, one a line
	EnvPoint = "CRASH_POINT" // the point at which to die
	EnvVisit = "CRASH_VISIT" // the visit of that point at which to die, from 1
)

// Farewell is the last line on standard error of a process that dies at a point.
func Farewell(point string, visit int) string {
	return fmt.Sprintf("killed at %s, visit %d", point, visit)
}

// plan is what this process was told to do.
type plan struct {
	mu     sync.Mutex
	trace  *os.File
	point  string
	visits int // of the point, still to come
	visit  int
	die    func(farewell string)
}

//nolint:gochecknoglobals // an inserted call has no other way to it
var current = sync.OnceValue(func() *plan { return newPlan(os.Getenv) }) //nolint:forbidigo // there is no command to ask

func newPlan(getenv func(string) string) *plan {
	p := &plan{point: getenv(EnvPoint), die: kill}
	if p.point != "" {
		var err error
		if p.visit, err = strconv.Atoi(getenv(EnvVisit)); err != nil {
			panic(fmt.Sprintf("%s: %v", EnvVisit, err))
		}
		p.visits = p.visit
	}
	if name := getenv(EnvTrace); name != "" {
		var err error
		if p.trace, err = os.Create(name); err != nil { //nolint:gosec // whoever starts the process names the file
			panic(err)
		}
	}
	return p
}

// Reach says that the process is at a point: the last thing that it does where it was told to die here.
func Reach(name string) { current().reach(name) }

func (p *plan) reach(name string) {
	if p.trace == nil && name != p.point {
		return
	}
	p.mu.Lock() // nobody passes another point while this one kills
	defer p.mu.Unlock()
	if p.trace != nil {
		fmt.Fprintln(p.trace, name)
	}
	if name != p.point {
		return
	}
	if p.visits--; p.visits == 0 {
		p.die(Farewell(name, p.visit))
	}
}

// kill is SIGKILL: no deferred call runs, no buffer is flushed, no connection says good-bye.
func kill(farewell string) {
	fmt.Fprintln(os.Stderr, farewell)
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL) // a process may always kill itself
	select {}
}
