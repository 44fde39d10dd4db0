-- Count a notice that is not acted upon. No row: the pause has ended.
update pauses set held = held + 1 where resumed_at is null;
