-- After a redrive: the rejects of an object are its rows that are still in quarantine; repairs of the rows
-- that were accepted are added to those of the object's other rows.
-- $1 object, $2 rules, $3 columns, $4 counts of repairs
with now as (
    select reason as rule, coalesce(column_name, '') as column_name, false as repaired, count(*) as count
    from rejected_rows
    where object_id = $1 and resolved_at is null
    group by 1, 2
    union all
    select n.rule, n.column_name, true, n.count + coalesce(q.count, 0)
    from unnest($2::text[], $3::text[], $4::bigint[]) as n (rule, column_name, count)
         left join quality_counts q on q.object_id = $1 and q.rule = n.rule and q.column_name = n.column_name
), cleared as (
    update quality_counts q set count = 0
    where q.object_id = $1 and not q.repaired and not exists (
        select from now n where n.rule = q.rule and n.column_name = q.column_name)
)
insert into quality_counts (object_id, rule, column_name, repaired, count)
select $1, n.rule, n.column_name, n.repaired, n.count from now n
on conflict (object_id, rule, column_name) do update set count = excluded.count, repaired = excluded.repaired;
