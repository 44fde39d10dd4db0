-- Failed objects of one service whose next attempt is due, oldest first; none while the pipeline is paused. Files of
-- a machine have no bucket: they are not the service's to retry. Last-modified tells drops with the same ETag apart.
-- No pause is longer than a quarter of an hour: one that seems to be comes from a clock that was wrong, and is over.
-- What was tried again since the first page was asked for is not due again in a later one.
-- $1 bucket, $2 prefix of the keys, $3 limit, $4 when the first page was asked for; null: this is it,
-- $5 the next attempt of the last object of the page before, and $6 its number; null: there is no such page
select bucket, key, version_id, etag, last_modified, coalesce($4, statement_timestamp()), next_attempt_at, object_id from objects
where state = 'failed' and bucket = $1 and starts_with(key, $2)
  and next_attempt_at not between coalesce($4, statement_timestamp()) and statement_timestamp() + interval '20 minutes'
  and (next_attempt_at, object_id) > (coalesce($5::timestamptz, '-infinity'), coalesce($6::bigint, 0))
  and not exists (select from pauses where resumed_at is null)
order by next_attempt_at, object_id
limit $3;
