-- Whether an object version needs nothing more, and whether the pipeline is paused. The first may lie only by
-- saying "no": the claim decides. Objects without a version are never settled by their name alone.
-- $1 bucket, $2 key, $3 version id, $4 etag
select coalesce((select state from objects
                 where bucket = $1 and key = $2 and version_id = $3 and version_id <> '' and etag = $4
                   and state in ('loaded', 'parked')
                 limit 1), ''),
       exists (select from pauses where resumed_at is null);
