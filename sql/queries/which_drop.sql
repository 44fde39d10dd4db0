-- Which drop of a key whose bytes can be replaced an object is, and whether that one is settled. A drop is
-- known by its ETag and last-modified; only the newest settled one counts, so that A, B, A are three drops.
-- Ask it under the lock of lock_key.
-- $1 bucket, $2 key, $3 etag, $4 last modified; null: not known, then the ETag must do
with drops as (
    select drop_number, etag, last_modified, state in ('loaded', 'parked') as settled
    from objects
    where bucket = $1 and key = $2 and version_id = ''
), newest as (
    select * from drops where settled order by drop_number desc limit 1
), this as (
    select drop_number from newest where etag = $3 and last_modified = coalesce($4, last_modified)
)
select coalesce(
           (select drop_number from this),
           -- tried before and not settled: still the same drop
           (select max(drop_number) from drops
            where etag = $3 and not settled and drop_number > coalesce((select drop_number from newest), 0)),
           (select coalesce(max(drop_number), 0) + 1 from drops)) as drop_number,
       exists (select from this) as settled;
