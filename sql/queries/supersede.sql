-- What was asked for turned out to be known by another identity.
-- $1 bucket, $2 key, $3 version id, $4 etag
update objects set state = 'superseded', next_attempt_at = null, updated_at = clock_timestamp()
where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and state = 'failed';
