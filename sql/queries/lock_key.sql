-- One at a time for a key whose bytes can be replaced, until the transaction ends.
-- $1 bucket, $2 key
select pg_advisory_xact_lock(hashtextextended($1 || '/' || $2, 0));
