-- Rows of the object that this run did not refuse again have been accepted.
-- $1 object, $2 run id
update rejected_rows
set resolved_at = clock_timestamp(), resolved_run = $2
where object_id = $1 and run_id <> $2 and resolved_at is null;
