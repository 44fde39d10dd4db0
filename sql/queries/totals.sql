-- The books of all runs, added up.
select coalesce(sum(rows_read), 0)::bigint, coalesce(sum(inserted), 0)::bigint, coalesce(sum(updated), 0)::bigint,
       coalesce(sum(stale), 0)::bigint, coalesce(sum(duplicate), 0)::bigint, coalesce(sum(rejected), 0)::bigint
from receipts;
