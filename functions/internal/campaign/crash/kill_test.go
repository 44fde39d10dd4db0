package crash

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"eventdrop/functions/internal/campaign/crash/point"
	"eventdrop/functions/internal/campaign/world"
)

// death is a visit of a point at which the program is killed.
type death struct {
	point string
	visit int
}

// trace lets the program run to its end and counts the visits of each point.
func (s *scene) trace() map[string]int {
	s.t.Helper()
	name := filepath.Join(s.t.TempDir(), "trace")
	stderr, err := s.run(point.EnvTrace + "=" + name)
	if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() != refused) {
		s.t.Fatalf("%s: %v\n%s", s.name, err, stderr)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		s.t.Fatal(err)
	}
	visits := map[string]int{}
	for line := range strings.Lines(string(text)) {
		visits[strings.TrimSuffix(line, "\n")]++
	}
	return visits
}

// refused is the exit code of a run that did its work although some input was refused.
const refused = 3

// die puts the tables back and runs the program to its death. An error says how it ended else.
func (s *scene) die(d death) error {
	s.t.Helper()
	var fault error
	// A point at the end of a goroutine may lose the race with the end of the program, so it gets another chance.
	for range 3 {
		s.putBack()
		stderr, err := s.run(point.EnvPoint+"="+d.point, point.EnvVisit+"="+strconv.Itoa(d.visit))
		if world.Killed(err) && strings.HasSuffix(strings.TrimSpace(stderr), point.Farewell(d.point, d.visit)) {
			return nil
		}
		fault = fmt.Errorf("it did not die there, and ended so: %w\n%s", cmp.Or(err, errNone), stderr)
	}
	return fault
}

var errNone = errors.New("no error")

// run starts the program and returns when it has ended.
func (s *scene) run(environment ...string) (stderr string, err error) {
	var output bytes.Buffer
	cmd := exec.CommandContext(s.t.Context(), s.program, s.arguments()...)
	cmd.Env = append(s.Environ(), environment...)
	cmd.Stderr = &output
	err = cmd.Run()
	return output.String(), err
}
