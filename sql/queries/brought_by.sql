-- The run that brought the version of an event which is in the table: the one that took its row out of the quarantine,
-- or the first of the whole object under that revision.
-- $1 object, $2 line, $3 contract, $4 revision
select r.run_id::text, r.kind, r.finished_at
from receipts r left join rejected_rows q on q.resolved_run = r.run_id and q.object_id = $1 and q.line_no = $2
where r.object_id = $1 and r.contract = $3 and r.revision = $4 and r.state = 'loaded'
  and (q.line_no is not null or r.output_hash is not null) -- a redrive of single rows has no hash
order by q.line_no is null, r.finished_at
limit 1;
