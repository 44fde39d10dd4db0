-- Failed objects of one service whose next attempt is due, oldest first; none while the pipeline is paused. Files of
-- a machine have no bucket: they are not the service's to retry. Last-modified tells drops with the same ETag apart.
-- No pause is longer than a quarter of an hour: one that seems to be comes from a clock that was wrong, and is over.
-- $1 bucket, $2 prefix of the keys, $3 limit
select bucket, key, version_id, etag, last_modified from objects
where state = 'failed' and next_attempt_at not between clock_timestamp() and clock_timestamp() + interval '20 minutes' and bucket = $1 and starts_with(key, $2)
  and not exists (select from pauses where resumed_at is null)
order by next_attempt_at
limit $3;
