-- Of a page of the bucket's listing: what is not settled and not waiting for its next attempt. A version that was loaded must
-- have had its rank or a greater one: of versions of one millisecond a load may have known of one only. Where bytes
-- can be replaced, only the newest settled drop counts, and its last-modified must be the listed one.
-- $1 bucket, $2 keys, $3 version ids, $4 etags, $5 last modified, $6 ranks
select l.ordinal::int
from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::integer[]) with ordinality
     as l (key, version_id, etag, last_modified, version_rank, ordinal)
where not exists (
    select from objects o
    where o.bucket = $1 and o.key = l.key and o.version_id = l.version_id and o.etag = l.etag
      and (o.state = 'failed'
           or o.state in ('loaded', 'parked')
              and (l.version_id <> '' and (o.state = 'parked' or coalesce(o.drop_order >= l.version_rank, true))
                   or l.version_id = '' and o.last_modified = l.last_modified and not exists (
                       select from objects newer
                       where newer.bucket = $1 and newer.key = l.key and newer.version_id = ''
                         and newer.drop_number > o.drop_number and newer.state in ('loaded', 'parked')))))
order by l.ordinal;
