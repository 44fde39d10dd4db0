package bench

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// lookAround measures what may grow.
func (s *soaking) lookAround(ctx context.Context, state *soakState) error {
	state.minutes = time.Since(s.begun).Minutes()
	state.memory = memoryOf(s.loader.Process.Pid, "VmRSS:")
	var err error
	if state.goroutines, err = s.goroutines(ctx); err != nil {
		return err
	}
	const sql = `
		select (select count(*) from pg_stat_activity where application_name = 'eventdrop')::float8,
			pg_total_relation_size('events')::float8 / greatest(1, $1::bigint),
			(select coalesce(sum(n_dead_tup), 0) from pg_stat_user_tables where schemaname = current_schema())::float8,
			(select sum(pg_total_relation_size(c.oid)) / 1048576.0 from pg_class c
				where c.relnamespace = 'pg_catalog'::regnamespace and c.relkind = 'r')::float8`
	row := s.db.QueryRow(ctx, sql, int64(s.rows))
	if err := row.Scan(&state.connections, &state.bytesPerRow, &state.dead, &state.catalogue); err != nil {
		return fmt.Errorf("look around: %w", err)
	}
	return nil
}

// parked fails unless every unreadable object was seen to be one.
func (s *soaking) parked(ctx context.Context) error {
	n, err := s.value(ctx, "select count(*) from objects where key like 'poison/%' and state = 'parked'")
	if err == nil && n != int64(s.unreadable) {
		err = fmt.Errorf("of %d unreadable objects %d are parked", s.unreadable, n)
	}
	return err
}

// goroutines asks the loader's profile how many there are.
func (s *soaking) goroutines(ctx context.Context) (float64, error) {
	url := "http://" + s.config.Profile + "/debug/pprof/goroutine?debug=1"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, fmt.Errorf("count goroutines: %w", err)
	}
	request.Close = true
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("count goroutines: %w", err)
	}
	defer answer.Body.Close()
	line, err := bufio.NewReader(answer.Body).ReadString('\n') // goroutine profile: total 23
	if err != nil {
		return 0, fmt.Errorf("count goroutines: %w", err)
	}
	n, err := strconv.ParseFloat(strings.TrimSpace(line[strings.LastIndexByte(strings.TrimSpace(line), ' ')+1:]), 64)
	if err != nil {
		return 0, fmt.Errorf("count goroutines: %q: %w", line, err)
	}
	return n, nil
}
