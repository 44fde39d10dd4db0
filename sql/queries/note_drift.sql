-- Note columns that are seen to be new, or missing, for the first time. Sorted, so that loads that see the same ones
-- first wait for each other in one order.
-- $1 contract, $2 revision, $3 objects, $4 a column of each, $5 what became of it
insert into drift_entries (contract, revision, object_id, column_name, change)
select distinct on (n.column_name collate "C", n.change) $1, $2, n.object_id, n.column_name, n.change
from (select u.object_id, left(u.column_name, 200), u.change
      from unnest($3::bigint[], $4::text[], $5::text[]) as u (object_id, column_name, change)) as n (object_id, column_name, change)
order by n.column_name collate "C", n.change, n.object_id
on conflict do nothing;
