-- Note that an object is about to be opened: if its loader dies, the count stays behind.
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 size, $6 last modified
with target as (
    select coalesce(
        (select max(drop_number) from objects
         where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and state not in ('loaded', 'parked')),
        case when $3 = '' then (select coalesce(max(drop_number), 0) + 1 from objects
                                where bucket = $1 and key = $2 and version_id = '')
             else 1 end) as drop_number
)
insert into objects (bucket, key, version_id, etag, drop_number, size_bytes, last_modified, state, open_attempts,
                     next_attempt_at)
select $1, $2, $3, $4, drop_number, $5, $6, 'failed', 1, clock_timestamp() + interval '1 minute'
from target
on conflict (bucket, key, version_id, etag, drop_number) do update
set open_attempts = objects.open_attempts + 1, updated_at = clock_timestamp(),
    state = 'failed', next_attempt_at = clock_timestamp() + interval '1 minute'
where objects.state not in ('loaded', 'parked')
returning open_attempts;
