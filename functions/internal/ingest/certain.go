package ingest

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

const immediateTries = 5

// untilCertain repeats a transaction at once after passing faults, and after a COMMIT whose outcome is
// unknown: the same run then finds its own receipt, or does the work.
func untilCertain[T any](ctx context.Context, transient func(error) bool, run func() (T, error)) (T, error) {
	try := func() (T, error) {
		result, err := run()
		if err != nil && !transient(err) {
			err = backoff.Permanent(err)
		}
		return result, err
	}
	delays := backoff.NewExponentialBackOff()
	delays.InitialInterval, delays.MaxInterval = 50*time.Millisecond, time.Second
	const noLimit = 0 // on the time: a load may take longer than any that would do here
	result, err := backoff.Retry(ctx, try, backoff.WithBackOff(delays), backoff.WithMaxTries(immediateTries), backoff.WithMaxElapsedTime(noLimit))
	if permanent := (*backoff.PermanentError)(nil); errors.As(err, &permanent) {
		err = permanent.Err
	}
	return result, err
}
