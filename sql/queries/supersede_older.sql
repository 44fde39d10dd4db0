-- Older drops of the key that were never loaded can not be read any more.
-- $1 bucket, $2 key, $3 drop number
update objects
set state = 'superseded', next_attempt_at = null, updated_at = clock_timestamp()
where bucket = $1 and key = $2 and version_id = '' and drop_number < $3 and state = 'failed';
