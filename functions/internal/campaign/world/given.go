package world

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"
)

// GivenPostgres returns the version of the server that the drills are given, or nothing where they start their own.
func GivenPostgres(ctx context.Context) (version string, err error) {
	address := os.Getenv("EVENTDROP_TEST_DATABASE_URL") //nolint:forbidigo // as package pgtest does
	if address == "" {
		return "", nil
	}
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return "", fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	defer conn.Close(ctx)
	if err := conn.QueryRow(ctx, "show server_version").Scan(&version); err != nil {
		return "", fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	version, _, _ = strings.Cut(version, " (") // without its package
	return version, nil
}
