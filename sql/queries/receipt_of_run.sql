-- Whether a run's commit took effect, and what it wrote.
-- $1 run id
select object_id, rows_read, inserted, updated, stale, duplicate, rejected from receipts where run_id = $1;
