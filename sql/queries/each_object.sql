-- Every object of the ledger and how it ended.
select key, version_id, state, coalesce(reason, '') from objects;
