-- Rows of the quarantine, counted by reason and column, and by object, the most first.
-- $1-$8 as in rejects; $9 limit of either list, 0: none
with counted as (
    select grouping(o.key) = 1 as by_reason, r.reason, coalesce(r.column_name, '') as column_name, o.bucket, o.key,
           count(*) as rows, count(distinct o.object_id) as objects,
           min(r.rejected_at) as first_at, max(r.rejected_at) as last_at
    from rejected_rows r join objects o using (object_id)
    where ($1 = '' or o.bucket = $1) and ($2 = '' or o.key = $2) and ($3 = '' or r.reason = $3)
      and ($4 = '' or r.column_name = $4) and ($5 = '' or r.contract = $5)
      and ($6::timestamptz is null or r.rejected_at >= $6) and ($7::timestamptz is null or r.rejected_at < $7)
      and ($8 = 'all' or ($8 = 'resolved') = (r.resolved_at is not null))
    group by grouping sets ((r.reason, coalesce(r.column_name, '')), (o.bucket, o.key))
), placed as (
    select *, row_number() over (partition by by_reason order by rows desc, reason, column_name, bucket, key) as place
    from counted
)
select by_reason, coalesce(reason, ''), coalesce(column_name, ''), coalesce(bucket, ''), coalesce(key, ''), rows, objects, first_at, last_at
from placed
where $9::bigint = 0 or place <= $9
order by by_reason desc, place;
