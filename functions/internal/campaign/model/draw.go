package model

import "pgregory.net/rapid"

// Draws draws schedules. Small numbers come first in every choice: rapid prefers them, and shrinks to them.
func Draws() *rapid.Generator[Schedule] {
	bodies := rapid.SliceOfN(drawBody(), 1, maxBodies)
	step := drawStep()
	steps, more := rapid.SliceOfN(step, 1, maxSteps/3), rapid.SliceOfN(step, 0, maxSteps/3) // one slice would have 6 on average
	coin := rapid.Bool()
	return rapid.Custom(func(t *rapid.T) Schedule {
		return Schedule{Versioned: coin.Draw(t, ""), ByEventTime: coin.Draw(t, ""), Bodies: bodies.Draw(t, ""), Steps: append(append(steps.Draw(t, ""), more.Draw(t, "")...), more.Draw(t, "")...)}
	})
}

func drawBody() *rapid.Generator[Body] {
	nibble := rapid.Uint8Range(0, 15)
	row := rapid.Custom(func(t *rapid.T) Row {
		fault := nibble.Draw(t, "")
		return Row{
			ID: nibble.Draw(t, "") % (IDs + 1), Time: nibble.Draw(t, "") % Times, Value: nibble.Draw(t, "") % values,
			Fault: [16]Fault{5: Fixable, 6: Fixable, 7: Fixable, 12: Fixable, 13: Fixable, 14: Hopeless, 15: Hopeless}[fault],
		}
	})
	rows := rapid.SliceOfN(row, 1, maxRows)
	return rapid.Custom(func(t *rapid.T) Body {
		return Body{Unreadable: nibble.Draw(t, "") == 15, Rows: rows.Draw(t, "")}
	})
}

func drawStep() *rapid.Generator[Step] {
	action := rapid.SampledFrom(weighted[Action]([]int{
		Put: 26, Deliver: 26, Again: 5, Reconcile: 5, Tick: 5, Twins: 9, Lose: 2, Replay: 7, Redrive: 15, Raise: 6, Delete: 11, Purge: 5,
		ReconcileTwice: 2, Restart: 3,
	}))
	trouble := rapid.SampledFrom(weighted[Trouble]([]int{None: 8, Crash: 3, CutBefore: 2, CutAfter: 2, Overwrite: 3, StoreFails: 2}))
	octal, octet := rapid.Uint8Range(0, 7), rapid.Uint8()
	return rapid.Custom(func(t *rapid.T) Step {
		s := Step{Action: action.Draw(t, ""), Key: octal.Draw(t, "") % Keys, Body: octal.Draw(t, "")}
		switch s.Action {
		case Put, Delete, Purge:
			return s
		case Tick, Raise, Restart, Lose:
			s.Pick = octal.Draw(t, "")
			return s
		default:
		}
		s.Pick, s.Trouble = octal.Draw(t, ""), trouble.Draw(t, "")
		switch {
		case s.Action == Twins, s.Action == ReconcileTwice:
			s.At = octet.Draw(t, "")
		case s.Trouble == Crash:
			s.At = octal.Draw(t, "")
		}
		return s
	})
}

// weighted repeats each choice as often as its weight says, evenly spread: rapid prefers what comes first.
func weighted[C ~uint8](weights []int) []C {
	total := 0
	for _, weight := range weights {
		total += weight
	}
	all, due := make([]C, total), make([]int, len(weights))
	for i := range all {
		first := 0
		for choice, weight := range weights {
			if due[choice] += weight; due[choice] > due[first] {
				first = choice
			}
		}
		due[first] -= total
		all[i] = C(first)
	}
	return all
}
