-- Keep where a slice of a pass over a bucket ended. A pass that is done is remembered, and the next begins at the front.
-- $1 bucket, $2 prefix of the keys, $3 key to go on after, $4 listed, $5 missing, $6 whether the pass is done
insert into reconciles as r (bucket, prefix, after_key, listed, missing, passed_at, passed_listed, passed_missing)
values ($1, $2, case when $6 then '' else $3 end, case when $6 then 0 else $4 end, case when $6 then 0 else $5 end,
        case when $6 then clock_timestamp() end, case when $6 then $4 end, case when $6 then $5 end)
on conflict (bucket, prefix) do update
set after_key = excluded.after_key, listed = excluded.listed, missing = excluded.missing, updated_at = clock_timestamp(),
    passed_at = coalesce(excluded.passed_at, r.passed_at),
    passed_listed = coalesce(excluded.passed_listed, r.passed_listed),
    passed_missing = coalesce(excluded.passed_missing, r.passed_missing);
