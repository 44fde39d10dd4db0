-- Time limits of this transaction, in milliseconds. A COPY that waits for its loader heeds none of them: there the server asks by
-- keep-alives, in seconds, whether the loader's host is still there, and ends a session that does not answer for a minute.
-- $1 lock_timeout, $2 statement_timeout, $3 idle_in_transaction_session_timeout
select set_config('lock_timeout', $1, true),
       set_config('statement_timeout', $2, true),
       set_config('idle_in_transaction_session_timeout', $3, true),
       set_config('tcp_keepalives_idle', '30', true),
       set_config('tcp_keepalives_interval', '10', true),
       set_config('tcp_keepalives_count', '3', true);
