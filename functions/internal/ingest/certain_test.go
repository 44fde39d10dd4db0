package ingest

import (
	"testing"
	"testing/synctest"
	"time"

	"eventdrop/functions/internal/dropzone"
)

// P11: however long a load takes, the same run finds out what became of its COMMIT.
func TestALongLoadWhoseCommitIsUnknownIsRepeated(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		_, err := untilCertain(t.Context(), func(error) bool { return true }, func() (struct{}, error) {
			if tries++; tries > 1 {
				return struct{}{}, nil
			}
			<-time.After(16 * time.Minute)
			return struct{}{}, dropzone.ErrCommitUnknown
		})
		if err != nil || tries != 2 {
			t.Errorf("%d tries: %v", tries, err)
		}
	})
}
