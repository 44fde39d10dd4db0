-- Where the pass over a bucket goes on, and what it has counted so far. No row: nobody has begun one.
-- $1 bucket, $2 prefix of the keys
select after_key, listed, missing from reconciles where bucket = $1 and prefix = $2;
