package runner

import "sync/atomic"

// Stats is a look at a runner that runs.
type Stats struct {
	Notices     Notices
	Waiting     int       // objects in the queue
	QueueLength int       // objects that may wait
	Loading     int       // objects being loaded, wherever they came from
	First       LaneStats // of what notices and reconciles bring
	Retry       LaneStats // of what failed before
}

// Notices counts, since the start, what came in.
type Notices struct {
	Accepted     int64 // objects that were queued, or waited already
	Ignored      int64 // notices of no concern: other buckets, other keys, removals, tests
	Malformed    int64 // notifications that could not be understood, or not all of them
	QueueFull    int64 // objects whose sender was told to come back
	TooLarge     int64 // notifications above the limit
	Unauthorised int64 // notifications without the right token
}

// LaneStats tells how many loads were slow and gave way to others.
type LaneStats struct {
	Slow   int // in a spare place now
	Spares int // spare places
}

// noticeCounts is Notices while it is counted.
type noticeCounts struct {
	accepted, ignored, malformed, queueFull, tooLarge, unauthorised atomic.Int64
}

func (c *noticeCounts) read() Notices {
	return Notices{
		Accepted: c.accepted.Load(), Ignored: c.ignored.Load(), Malformed: c.malformed.Load(),
		QueueFull: c.queueFull.Load(), TooLarge: c.tooLarge.Load(), Unauthorised: c.unauthorised.Load(),
	}
}

func (r *Runner) stats(q *queue, l lanes) Stats {
	waiting, loading := q.count()
	return Stats{
		Notices: r.notices.read(), Waiting: waiting, QueueLength: r.QueueLength, Loading: loading,
		First: l.first.stats(), Retry: l.second.stats(),
	}
}
