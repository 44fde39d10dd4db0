-- A page of an object's unresolved rows in quarantine, in the order of the file, with their exact bytes.
-- $1 object, $2 reason, empty: any; rejected last $3 since, $4 until, each null: any time; $5 behind this line, $6 limit
select line_no, reason, coalesce(raw_bytes, convert_to(raw, 'UTF8')), raw_cut
from rejected_rows
where object_id = $1 and resolved_at is null and ($2 = '' or reason = $2)
  and ($3::timestamptz is null or rejected_at >= $3) and ($4::timestamptz is null or rejected_at < $4)
  and line_no > $5
order by line_no
limit $6;
