-- The open pause, if there is one.
select paused_at, coalesce(reason, ''), held from pauses where resumed_at is null;
