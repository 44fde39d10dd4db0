-- How many attempts of each object ended without any outcome. Of drops with equal bytes at most one is open.
-- $1 buckets, $2 keys, $3 version ids, $4 etags
select (select coalesce(max(o.open_attempts), 0) from objects o
        where o.bucket = asked.bucket and o.key = asked.key and o.version_id = asked.version_id and o.etag = asked.etag and o.state = 'failed')
from unnest($1::text[], $2::text[], $3::text[], $4::text[]) with ordinality as asked (bucket, key, version_id, etag, ordinal)
order by ordinal;
