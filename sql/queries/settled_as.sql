-- How a drop was settled.
-- $1 bucket, $2 key, $3 version id, $4 etag, $5 drop number
select state, coalesce(reason, ''), coalesce(hint, '') from objects
where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and drop_number = $5;
