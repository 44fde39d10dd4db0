package ingest

import (
	"os"
	"testing"

	"eventdrop/functions/internal/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
