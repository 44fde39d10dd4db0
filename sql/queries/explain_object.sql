-- All that the ledger, the books and the quarantine know of the drops of a key, the newest first.
-- $1 bucket, empty: any; $2 key, $3 limit
select o.object_id, o.bucket, o.key, o.version_id, o.etag, o.drop_number, o.state, coalesce(o.reason, ''), coalesce(o.hint, ''),
       coalesce(o.detail, ''), o.attempts, o.open_attempts, o.next_attempt_at, o.size_bytes, o.last_modified, o.first_seen_at,
       o.updated_at, coalesce(o.contract, ''), coalesce(o.revision, 0), o.dialect,
       (select concat_ws('/', nullif('s3://' || s.bucket, 's3://'), s.key) from objects s where s.object_id = o.same_content_as),
       (select jsonb_agg(to_jsonb(r) order by r.finished_at desc)
        from (select * from receipts r where r.object_id = o.object_id order by r.finished_at desc limit 20) r),
       (select jsonb_agg(to_jsonb(q) order by q.rows desc, q.resolved desc, q.reason, q.column)
        from (select reason, coalesce(column_name, '') as column, count(*) filter (where resolved_at is null) as rows,
                     count(resolved_at) as resolved
              from rejected_rows r where r.object_id = o.object_id group by 1, 2) q),
       (select jsonb_agg(jsonb_build_object('rule', q.rule, 'column', q.column_name, 'count', q.count) order by q.count desc, q.rule, q.column_name)
        from quality_counts q where q.object_id = o.object_id and q.repaired and q.count > 0),
       (select jsonb_agg(jsonb_build_object('change', d.change, 'column', d.column_name) order by d.change, d.column_name)
        from drift_entries d where d.object_id = o.object_id)
from objects o
where ($1 = '' or o.bucket = $1) and o.key = $2
order by o.object_id desc
limit $3;
