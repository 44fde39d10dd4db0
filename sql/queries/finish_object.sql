-- What was found out while the object was read.
-- $1 object, $2 dialect, $3 output hash
update objects o
set dialect = $2, output_hash = $3, updated_at = clock_timestamp(),
    same_content_as = (select min(p.object_id) from objects p
                       where p.etag = o.etag and p.size_bytes = o.size_bytes and p.object_id < o.object_id
                         and p.state = 'loaded')
where object_id = $1;
