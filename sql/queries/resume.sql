-- End the open pause. A notice that is being counted is waited for: what it announced is in the bucket for the
-- reconcile that follows.
update pauses set resumed_at = clock_timestamp() where resumed_at is null
returning paused_at, coalesce(reason, ''), held;
