-- The commit of this transaction does not wait for the disk. Nothing else is risked than the transaction itself.
select set_config('synchronous_commit', 'off', true);
