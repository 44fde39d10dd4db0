-- The columns of a table; none where there is no such table. The scale is null but for numeric(p, s).
-- $1 table
select a.attname::text, format_type(a.atttypid, null), case when a.atttypid = 'numeric'::regtype and a.atttypmod > 0 then (a.atttypmod - 4) & 2047 end as scale,
       a.attnotnull as not_null, a.atthasdef or a.attidentity <> '' as filled_by_itself,
       exists (select from pg_index i
               where i.indrelid = a.attrelid and i.indisunique and i.indimmediate and i.indpred is null
                 and i.indnkeyatts = 1 and i.indkey[0] = a.attnum) as is_unique,
       coalesce(col_description(a.attrelid, a.attnum), '') as comment
from pg_attribute a
where a.attrelid = to_regclass(quote_ident($1)) and a.attnum > 0 and not a.attisdropped
order by a.attnum
