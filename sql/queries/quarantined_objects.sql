-- Loaded objects of a contract that have unresolved rows in quarantine.
-- $1 contract, $2 bucket, $3 key, $4 reason, each empty: any; rejected last $5 since, $6 until, each null: any time
select o.object_id, o.bucket, o.key, o.version_id, o.etag
from objects o
where o.state = 'loaded' and o.contract = $1
  and ($2 = '' or o.bucket = $2) and ($3 = '' or o.key = $3)
  and exists (select from rejected_rows r
              where r.object_id = o.object_id and r.resolved_at is null and ($4 = '' or r.reason = $4)
                and ($5::timestamptz is null or r.rejected_at >= $5) and ($6::timestamptz is null or r.rejected_at < $6))
order by o.object_id;
