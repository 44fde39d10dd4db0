-- Rows of the quarantine, those of the newest objects first.
-- $1 bucket, $2 key, $3 reason, $4 column, $5 contract, each empty: any; rejected last $6 since, $7 until, each null: any
-- time; $8 unresolved, resolved or all; $9 limit, 0: none
select o.bucket, o.key, o.version_id, o.etag, r.line_no, r.reason, coalesce(r.column_name, ''), coalesce(r.value, ''),
       r.raw, r.raw_cut, r.contract, r.revision, r.rejected_at, r.run_id::text, r.resolved_at, r.resolved_run::text
from rejected_rows r join objects o using (object_id)
where ($1 = '' or o.bucket = $1) and ($2 = '' or o.key = $2) and ($3 = '' or r.reason = $3)
  and ($4 = '' or r.column_name = $4) and ($5 = '' or r.contract = $5)
  and ($6::timestamptz is null or r.rejected_at >= $6) and ($7::timestamptz is null or r.rejected_at < $7)
  and ($8 = 'all' or ($8 = 'resolved') = (r.resolved_at is not null))
order by r.object_id desc, r.line_no
limit nullif($9::bigint, 0);
