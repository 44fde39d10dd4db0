package network

import (
	"os"
	"testing"

	"github.com/rs/zerolog"

	"eventdrop/functions/internal/campaign/world"
)

func TestMain(m *testing.M) {
	zerolog.SetGlobalLevel(zerolog.Disabled) // Toxiproxy's toxics ignore the logger that they are given
	os.Exit(world.Main(m))
}
