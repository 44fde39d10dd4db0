-- Time limits of this transaction, in milliseconds.
-- $1 lock_timeout, $2 statement_timeout, $3 idle_in_transaction_session_timeout
select set_config('lock_timeout', $1, true),
       set_config('statement_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true);
