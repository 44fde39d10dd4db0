-- Note columns that are seen to be new, or missing, for the first time. Sorted, so that loads that see the same ones
-- first wait for each other in one order.
-- $1 contract, $2 revision, $3 object, $4 columns, $5 what became of each
insert into drift_entries (contract, revision, object_id, column_name, change)
select distinct on (n.column_name collate "C", n.change) $1, $2, $3, n.column_name, n.change
from (select left(u.column_name, 200), u.change from unnest($4::text[], $5::text[]) as u (column_name, change)) as n (column_name, change)
order by n.column_name collate "C", n.change
on conflict do nothing;
