-- $1 run id, $2 object, $3 kind, $4 state, $5 contract, $6 revision, $7-$12 the books, $13 reason,
-- $14 sample, $15 output hash, $16 read ms, $17 total ms
insert into receipts (run_id, object_id, kind, state, contract, revision, rows_read, inserted, updated,
                      stale, duplicate, rejected, reason, sample, output_hash, read_ms, total_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, nullif($13, ''), $14, $15, $16, $17);
