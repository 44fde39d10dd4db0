package reconcile

import (
	"time"

	"eventdrop/functions/internal/dropzone"
)

// OnItsWay reports whether a notice of the object may still come: a scheduled reconcile leaves it so long. A clock that is wrong,
// here or at the store, makes the answer no, or yes for a minute.
func OnItsWay(o dropzone.Object, now time.Time, settle time.Duration) bool {
	age := now.Sub(o.LastModified)
	return age > -time.Minute && age < settle && !o.LastModified.IsZero()
}
