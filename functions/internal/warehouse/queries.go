package warehouse

import (
	"fmt"
	"io/fs"
	"path"
	"strings"

	"eventdrop/sql"
)

// queries are the statements of sql/queries, by file name without its ending.
type queries map[string]string

func loadQueries() (queries, error) {
	files, err := fs.Glob(sql.Queries, "queries/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list queries: %w", err)
	}
	q := queries{}
	for _, file := range files {
		text, err := sql.Queries.ReadFile(file)
		if err != nil {
			return nil, fmt.Errorf("read query: %w", err)
		}
		q[strings.TrimSuffix(path.Base(file), ".sql")] = strings.TrimSuffix(strings.TrimSpace(string(text)), ";")
	}
	return q, nil
}
