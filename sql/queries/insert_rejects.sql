-- Quarantine a batch of records. A replay refreshes a line, it does not double it.
-- $1 object, $2 contract, $3 revision, $4 run id, $5 lines, $6 reasons, $7 columns, $8 values, $9 raw texts,
-- $10 raw bytes, $11 raw was cut
insert into rejected_rows (object_id, contract, revision, run_id, line_no, reason, column_name, value, raw, raw_bytes, raw_cut)
select $1, $2, $3, $4, r.line_no, r.reason, nullif(r.column_name, ''), nullif(r.value, ''), r.raw, r.raw_bytes, r.raw_cut
from unnest($5::bigint[], $6::text[], $7::text[], $8::text[], $9::text[], $10::bytea[], $11::boolean[])
     as r (line_no, reason, column_name, value, raw, raw_bytes, raw_cut)
on conflict (object_id, line_no) do update
set contract = excluded.contract, revision = excluded.revision, run_id = excluded.run_id, reason = excluded.reason,
    column_name = excluded.column_name, value = excluded.value, raw = excluded.raw, raw_bytes = excluded.raw_bytes,
    raw_cut = excluded.raw_cut, rejected_at = clock_timestamp(), resolved_at = null, resolved_run = null;
