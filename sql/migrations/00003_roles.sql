-- Roles with least privilege: eventdrop_owner owns the tables, eventdrop_loader loads, eventdrop_reader
-- reads. They are group roles: grant them to the users that log in. Roles belong to the whole server, so
-- they may be there already; and where the migrating user may not create roles, the tables stay its own.

-- +goose Up

-- +goose StatementBegin
do $$
declare
    r text;
begin
    foreach r in array array['eventdrop_owner', 'eventdrop_loader', 'eventdrop_reader'] loop
        begin
            if not exists (select from pg_roles where rolname = r) then
                execute format('create role %I nologin', r);
            end if;
        exception
            when duplicate_object or unique_violation then null; -- another migration was faster
            when insufficient_privilege then raise notice 'role % is not created: no privilege to create roles', r;
        end;
    end loop;
end $$;
-- +goose StatementEnd

-- +goose StatementBegin
do $$
declare
    s text := quote_ident(current_schema());
    t text;
begin
    if exists (select from pg_roles where rolname = 'eventdrop_loader') then
        execute format('grant usage on schema %s to eventdrop_loader', s);
        execute 'grant select, insert, update on objects, rejected_rows, quality_counts, events to eventdrop_loader';
        execute 'grant select, insert on receipts to eventdrop_loader'; -- receipts never change
        execute 'grant select on load_history, rejects_by_reason, quality_by_hour, pipeline_health to eventdrop_loader';
        if to_regclass('schema_version') is not null then
            execute 'grant select on schema_version to eventdrop_loader';
        end if;
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_reader') then
        execute format('grant usage on schema %s to eventdrop_reader', s);
        execute format('grant select on all tables in schema %s to eventdrop_reader', s);
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_owner') then
        begin
            execute format('grant usage, create on schema %s to eventdrop_owner', s);
            foreach t in array array['objects', 'receipts', 'rejected_rows', 'quality_counts', 'events'] loop
                execute format('alter table %I owner to eventdrop_owner', t);
            end loop;
            foreach t in array array['load_history', 'rejects_by_reason', 'quality_by_hour', 'pipeline_health',
                                     'events_per_minute', 'revenue_per_hour', 'purchase_funnel', 'top_products'] loop
                execute format('alter view %I owner to eventdrop_owner', t);
            end loop;
        exception
            when insufficient_privilege then raise notice 'the tables stay with %: it may not give them to eventdrop_owner', current_user;
        end;
    end if;
end $$;
-- +goose StatementEnd

-- +goose Down
-- Roles may be in use by other schemas: they stay. Grants go with the tables.
select 1;
