-- What was asked for turned out to be known by another identity. Who holds the row decides what becomes of it.
-- $1 bucket, $2 key, $3 version id, $4 etag
update objects set state = 'superseded', next_attempt_at = null, updated_at = clock_timestamp()
where object_id in (select object_id from objects
                    where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and state = 'failed'
                    for no key update skip locked);
