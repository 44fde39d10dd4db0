-- $1 object, $2 seconds from now
update objects set next_attempt_at = clock_timestamp() + make_interval(secs => $2)
where object_id = $1 and state = 'failed';
