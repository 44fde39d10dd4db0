-- Whether an object version needs nothing more, whether it was loaded with a lower rank than the listing tells, and whether the
-- pipeline is paused. The first may lie only by saying "no": the claim decides. Objects without a version are never settled by
-- their name alone.
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 rank; 0: not known
select coalesce(o.state, ''), coalesce(o.state = 'loaded' and o.drop_order < $5, false),
       exists (select from pauses where resumed_at is null)
from (select) as one
left join lateral (
    select state, drop_order from objects
    where bucket = $1 and key = $2 and version_id = $3 and version_id <> '' and etag = $4
      and state in ('loaded', 'parked')
    limit 1) o on true;
