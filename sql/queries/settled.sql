-- Whether an object version needs nothing more. May lie only by saying "no row": the claim decides.
-- $1 bucket, $2 key, $3 version id, $4 etag
select state from objects
where bucket = $1 and key = $2 and version_id = $3 and etag = $4 and state in ('loaded', 'parked')
limit 1;
