package warehouse

import "time"

// Connections is a look at the pool.
type Connections struct {
	Acquired, Idle, Constructing, Max int32

	Waits    int64         // times that a connection had to be waited for, because all were in use or none was open
	WaitTime time.Duration // how long that took, in all
}

// Connections returns how the connections to PostgreSQL are used.
func (w *Warehouse) Connections() Connections {
	s := w.pool.Stat()
	return Connections{
		Acquired: s.AcquiredConns(), Idle: s.IdleConns(), Constructing: s.ConstructingConns(), Max: s.MaxConns(),
		Waits: s.EmptyAcquireCount(), WaitTime: s.EmptyAcquireWaitTime(),
	}
}
