-- Attempts that were begun and never ended are due at once: their loader died. That of a row that is locked lives.
update objects set next_attempt_at = clock_timestamp()
where object_id in (select object_id from objects where state = 'failed' and open_attempts > 0 for no key update skip locked);
