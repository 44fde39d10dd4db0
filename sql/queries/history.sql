-- $1 part of a key (empty: all), $2 limit
select o.bucket, o.key, o.version_id, o.etag, o.drop_number, o.state, coalesce(o.reason, ''), coalesce(o.hint, ''),
       coalesce(o.detail, ''), o.attempts, o.next_attempt_at, o.size_bytes, o.last_modified, o.first_seen_at,
       r.run_id::text, r.kind, r.finished_at,
       coalesce(r.rows_read, 0), coalesce(r.inserted, 0), coalesce(r.updated, 0), coalesce(r.stale, 0),
       coalesce(r.duplicate, 0), coalesce(r.rejected, 0), r.total_ms
from objects o left join receipts r using (object_id)
where $1 = '' or strpos(o.key, $1) > 0
order by coalesce(r.finished_at, o.updated_at) desc
limit $2;
