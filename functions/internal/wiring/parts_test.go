package wiring

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// It is the process that a suspect kills: the objects of all contracts must be kept apart from it.
func TestAllContractsKeepApartFromTheSameSuspects(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var paths []string
	for _, name := range []string{"a", "b"} {
		path := filepath.Join(folder, name+".yaml")
		text := fmt.Appendf(nil, "{contract: %s, revision: 1, table: %[1]s, extras: more, objects: {prefixes: [%[1]s/]}, key: id, columns: [{name: id, type: identifier}]}", name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	cfg := Config{DatabaseURL: "postgres://u:p@localhost/x", DatabaseSchema: "public", Contract: strings.Join(paths, ","), Workers: 1}
	parts, err := Assemble(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer parts.Close()
	pipelines := parts.Pipeline.Pipelines
	if len(pipelines) != 2 || pipelines[0].Apart == nil || pipelines[0].Apart != pipelines[1].Apart {
		t.Errorf("pipelines %+v", pipelines)
	}
}
