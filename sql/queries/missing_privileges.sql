-- What a loader needs and the current user has not.
-- $1 the contract's table
select array(
    select p.privilege || ' on ' || p.name
    from (values ('objects', 'insert'), ('objects', 'update'), ('objects', 'select'), ('receipts', 'insert'),
                 ('receipts', 'select'), ('rejected_rows', 'insert'), ('rejected_rows', 'update'),
                 ('quality_counts', 'insert'), ('quality_counts', 'update'), ('pauses', 'select'), ('pauses', 'update'),
                 ('drift_entries', 'select'), ('drift_entries', 'insert'),
                 ($1::text, 'insert'), ($1::text, 'update'), ($1::text, 'select')) as p (name, privilege)
    where to_regclass(quote_ident(p.name)) is null
       or not has_table_privilege(to_regclass(quote_ident(p.name)), p.privilege)
);
