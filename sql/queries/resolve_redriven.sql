-- Of the rows that a redrive ran again, those that it did not refuse again have been accepted.
-- $1 object, $2 reason, $3 since, $4 until as in quarantined_rows, $5 run id
update rejected_rows
set resolved_at = clock_timestamp(), resolved_run = $5
where object_id = $1 and resolved_at is null and ($2 = '' or reason = $2)
  and ($3::timestamptz is null or rejected_at >= $3) and ($4::timestamptz is null or rejected_at < $4)
  and run_id <> $5;
