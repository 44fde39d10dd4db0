-- Failed objects of one service, how many of them are due, and whether the pipeline is paused. An object that is being
-- tried for the first time is not failed, though the ledger has it so in case its loader dies.
-- $1 bucket, $2 prefix of the keys
select count(*),
       count(*) filter (where next_attempt_at not between clock_timestamp() and clock_timestamp() + interval '20 minutes'), -- as in due
       exists (select from pauses where resumed_at is null)
from objects
where state = 'failed' and (attempts > 0 or open_attempts > 1) and bucket = $1 and starts_with(key, $2);
