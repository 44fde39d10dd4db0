// Package schedule has the real pipeline live through the schedules of package model: on a real PostgreSQL with a bucket
// in memory, and on a real PostgreSQL and a real MinIO.
//
// Start reading at drill_test.go.
package schedule

import (
	"os"
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

func TestMain(m *testing.M) { os.Exit(world.Main(m)) }
