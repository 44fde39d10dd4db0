package kill

import (
	"context"
	"fmt"
	"os"
	"testing"

	"eventdrop/functions/internal/campaign/world"
)

func TestMain(m *testing.M) {
	code := world.Main(m)
	if announcer.store != nil {
		if err := announcer.store.Stop(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "stop MinIO:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}
