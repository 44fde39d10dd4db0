-- Every row in quarantine, with the key of its object.
select o.key, r.line_no, r.reason, coalesce(r.column_name, ''), r.raw
from rejected_rows r join objects o using (object_id)
where r.resolved_at is null;
