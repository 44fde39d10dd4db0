-- The newest drop of a key whose bytes can be replaced.
-- $1 bucket, $2 key
select drop_number, etag, last_modified, state from objects
where bucket = $1 and key = $2 and version_id = ''
order by drop_number desc
limit 1;
