-- Failed objects whose next attempt is due, oldest first. Files of a machine are not the service's to retry.
-- $1 limit
select bucket, key, version_id, etag from objects
where state = 'failed' and next_attempt_at <= clock_timestamp() and bucket <> ''
order by next_attempt_at
limit $1;
