-- One object of the ledger, locked against every other run of it until the transaction ends.
-- $1 object
select bucket, key, version_id, etag, coalesce(size_bytes, 0), coalesce(last_modified, 'epoch'),
       drop_number, drop_order, dialect, state, coalesce(contract, '')
from objects
where object_id = $1
for no key update;
