package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// serverTime is the processor time in seconds that a process has taken with its children, those that live and those that have ended. It is
// exact to the hundredths of a second in which the kernel counts.
func serverTime(pid int) (float64, error) {
	for {
		before, err := statOf(pid)
		if err != nil {
			return 0, err
		}
		living, err := childrenTime(pid)
		if err != nil {
			return 0, err
		}
		after, err := statOf(pid)
		if err != nil {
			return 0, err
		}
		if before.children == after.children { // else one ended meanwhile, and may be counted twice or not at all
			return float64(after.own+after.children+living) / ticks, nil
		}
	}
}

// ticks are the parts of a second in which Linux counts for /proc, on every architecture that Go knows.
const ticks = 100

// stat is what /proc tells of a process.
type stat struct {
	parent   int
	own      int64 // its processor time in ticks, the kernel's for it included
	children int64 // that of the children that have ended
}

// statOf reads a process's state (proc_pid_stat(5)).
func statOf(pid int) (stat, error) {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return stat{}, fmt.Errorf("ask for the processor time of process %d: %w", pid, err)
	}
	// The name stands in parentheses, and may hold spaces and parentheses.
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("the state of process %d is not in the form that Linux has", pid)
	}
	numbers := make([]int64, 15)
	for i := 1; i < len(numbers); i++ {
		if numbers[i], err = strconv.ParseInt(fields[i], 10, 64); err != nil {
			return stat{}, fmt.Errorf("read the state of process %d: %w", pid, err)
		}
	}
	return stat{parent: int(numbers[1]), own: numbers[11] + numbers[12], children: numbers[13] + numbers[14]}, nil
}

// childrenTime is what the living children have taken, in ticks.
func childrenTime(parent int) (all int64, err error) {
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return 0, fmt.Errorf("list the processes: %w", err)
	}
	for _, folder := range processes {
		pid, err := strconv.Atoi(filepath.Base(folder))
		if err != nil {
			continue
		}
		s, err := statOf(pid)
		if err == nil && s.parent == parent { // else it is another's, or has ended
			all += s.own
		}
	}
	return all, nil
}
