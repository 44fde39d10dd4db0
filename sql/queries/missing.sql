-- Of a page of the bucket's listing: what is not settled and not waiting for its next attempt.
-- Where bytes can be replaced, the newest settled drop must have the listed last-modified too.
-- $1 bucket, $2 keys, $3 version ids, $4 etags, $5 last modified
select l.ordinal::int
from unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[]) with ordinality
     as l (key, version_id, etag, last_modified, ordinal)
where not exists (
    select from objects o
    where o.bucket = $1 and o.key = l.key and o.version_id = l.version_id and o.etag = l.etag
      and (o.state in ('loaded', 'parked') and (l.version_id <> '' or o.last_modified = l.last_modified)
           or o.state = 'failed'))
order by l.ordinal;
