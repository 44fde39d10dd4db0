-- Claim a drop: no row comes back if it is settled already. A twin that claims at the same time waits
-- here for this transaction to end.
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 drop number, $6 size, $7 last modified,
-- $8 contract, $9 revision, $10 run id, $11 the states out of which it may
-- be claimed, $12 drop order, which never falls: versions may have left the listing since
insert into objects (bucket, key, version_id, etag, drop_number, state, size_bytes, last_modified,
                     contract, revision, run_id, drop_order)
values ($1, $2, $3, $4, $5, 'loaded', $6, $7, $8, $9, $10, $12)
on conflict (bucket, key, version_id, etag, drop_number) do update
set state = 'loaded', size_bytes = excluded.size_bytes, last_modified = excluded.last_modified,
    contract = excluded.contract, revision = excluded.revision, run_id = excluded.run_id,
    drop_order = greatest(objects.drop_order, excluded.drop_order), open_attempts = 0, next_attempt_at = null, reason = null, hint = null, detail = null,
    updated_at = clock_timestamp()
where objects.state = any($11)
returning object_id, drop_order;
