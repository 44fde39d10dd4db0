-- Note how a try ended that loaded nothing. It never overwrites "loaded", and "parked" only where a run
-- that was asked for by hand parks the object again.
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 drop number, $6 size, $7 last modified, $8 contract,
-- $9 revision, $10 state, $11 reason, $12 hint, $13 detail, $14 park again
insert into objects (bucket, key, version_id, etag, drop_number, size_bytes, last_modified, contract, revision,
                     state, attempts, reason, hint, detail)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, nullif($11, ''), nullif($12, ''), nullif($13, ''))
on conflict (bucket, key, version_id, etag, drop_number) do update
set state = excluded.state, attempts = objects.attempts + 1, open_attempts = 0, next_attempt_at = null,
    size_bytes = coalesce(excluded.size_bytes, objects.size_bytes),
    last_modified = coalesce(excluded.last_modified, objects.last_modified),
    contract = excluded.contract, revision = excluded.revision,
    reason = excluded.reason, hint = excluded.hint, detail = excluded.detail, updated_at = clock_timestamp()
where objects.state not in ('loaded', 'parked') or objects.state = 'parked' and $14
returning object_id, attempts;
