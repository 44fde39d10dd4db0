-- Note that an object is about to be read: if its loader dies, the count stays behind.
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 drop number, $6 size, $7 last modified
insert into objects (bucket, key, version_id, etag, drop_number, size_bytes, last_modified, state, open_attempts,
                     next_attempt_at)
values ($1, $2, $3, $4, $5, $6, $7, 'failed', 1, clock_timestamp() + interval '1 minute')
on conflict (bucket, key, version_id, etag, drop_number) do update
set open_attempts = objects.open_attempts + 1, updated_at = clock_timestamp(),
    state = 'failed', next_attempt_at = clock_timestamp() + interval '1 minute'
where objects.state not in ('loaded', 'parked');
