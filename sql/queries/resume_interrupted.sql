-- Attempts that were begun and never ended are due at once: their loader died.
update objects set next_attempt_at = clock_timestamp() where state = 'failed' and open_attempts > 0;
