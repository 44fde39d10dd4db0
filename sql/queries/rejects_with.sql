-- Rows of the quarantine that hold a text, resolved or not. Of one object they are found at once; of all the whole
-- quarantine is searched.
-- $1 text, in lower case, $2 object; null: all, $3 limit
select o.bucket, o.key, o.version_id, o.etag, r.line_no, r.reason, coalesce(r.column_name, ''), coalesce(r.value, ''),
       r.raw, r.raw_cut, r.contract, r.revision, r.rejected_at, r.run_id::text, r.resolved_at, r.resolved_run::text
from rejected_rows r join objects o using (object_id)
where ($2::bigint is null or r.object_id = $2) and strpos(lower(r.raw), $1) > 0
order by r.object_id desc, r.line_no
limit $3;
