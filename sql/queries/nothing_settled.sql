-- Whether there is no pause, and none of the object versions needs nothing more. It looks without waiting: the claims decide.
-- $1 buckets, $2 keys, $3 version ids, $4 etags
select not exists (select from pauses where resumed_at is null)
       and not exists (select from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as asked (bucket, key, version_id, etag)
                       join objects o using (bucket, key, version_id, etag)
                       where o.state in ('loaded', 'parked'));
