-- $1 object, $2 rules, $3 columns, $4 repaired, $5 counts
with now as (
    select * from unnest($2::text[], $3::text[], $4::boolean[], $5::bigint[]) as n (rule, column_name, repaired, count)
), cleared as (
    -- a replay may not meet a rule again
    update quality_counts q set count = 0
    where q.object_id = $1 and not exists (
        select from now n where n.rule = q.rule and n.column_name = q.column_name)
)
insert into quality_counts (object_id, rule, column_name, repaired, count)
select $1, n.rule, n.column_name, n.repaired, n.count from now n
on conflict (object_id, rule, column_name) do update set count = excluded.count, repaired = excluded.repaired;
