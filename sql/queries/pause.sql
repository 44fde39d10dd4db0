-- Pause, or give the open pause another reason.
-- $1 reason; empty: none
insert into pauses (reason) values (nullif($1, ''))
on conflict ((true)) where resumed_at is null do update set reason = coalesce(excluded.reason, pauses.reason)
returning paused_at, coalesce(reason, ''), held;
