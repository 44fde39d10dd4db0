-- Lock a failed object for this statement, or fail at once where a loader has claimed it.
-- $1 bucket, $2 key, $3 version id, $4 etag
select from objects
where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and state = 'failed'
for share nowait;
