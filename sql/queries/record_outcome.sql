-- Note how a try ended that loaded nothing. It never overwrites "loaded" or "parked".
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 size, $6 last modified, $7 contract, $8 revision,
-- $9 state, $10 reason, $11 hint, $12 detail
with target as (
    select coalesce(
        (select max(drop_number) from objects
         where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and state not in ('loaded', 'parked')),
        case when $3 = '' then (select coalesce(max(drop_number), 0) + 1 from objects
                                where bucket = $1 and key = $2 and version_id = '')
             else 1 end) as drop_number
)
insert into objects (bucket, key, version_id, etag, drop_number, size_bytes, last_modified, contract, revision,
                     state, attempts, reason, hint, detail)
select $1, $2, $3, $4, drop_number, $5, $6, $7, $8, $9, 1, nullif($10, ''), nullif($11, ''), nullif($12, '')
from target
on conflict (bucket, key, version_id, etag, drop_number) do update
set state = excluded.state, attempts = objects.attempts + 1, open_attempts = 0, next_attempt_at = null,
    size_bytes = coalesce(excluded.size_bytes, objects.size_bytes),
    last_modified = coalesce(excluded.last_modified, objects.last_modified),
    contract = excluded.contract, revision = excluded.revision,
    reason = excluded.reason, hint = excluded.hint, detail = excluded.detail, updated_at = clock_timestamp()
where objects.state not in ('loaded', 'parked')
returning object_id, attempts;
