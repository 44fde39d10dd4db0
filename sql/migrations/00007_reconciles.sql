-- Reconcile on Lambda works in slices: where a pass over the bucket goes on is kept here.

-- +goose Up

create table reconciles (
    bucket         text not null,
    prefix         text collate "C" not null,
    after_key      text collate "C" not null,
    listed         bigint not null check (listed >= 0),
    missing        bigint not null check (missing >= 0),
    updated_at     timestamptz not null default clock_timestamp(),
    passed_at      timestamptz,
    passed_listed  bigint,
    passed_missing bigint,
    primary key (bucket, prefix)
);

comment on table reconciles is 'How far the function that reconciles in slices has come, per bucket and prefix.';
comment on column reconciles.bucket is 'The bucket that is compared with the ledger.';
comment on column reconciles.prefix is 'Only keys that begin so; empty: all.';
comment on column reconciles.after_key is 'The next slice goes on after this key; empty: a new pass begins.';
comment on column reconciles.listed is 'Objects that the present pass has listed so far.';
comment on column reconciles.missing is 'Of these, objects that no notice had delivered.';
comment on column reconciles.updated_at is 'When the last slice ended.';
comment on column reconciles.passed_at is 'When the last whole pass ended; null: none has.';
comment on column reconciles.passed_listed is 'Objects that it listed.';
comment on column reconciles.passed_missing is 'Of these, objects that no notice had delivered.';

-- +goose StatementBegin
do $$
begin
    if exists (select from pg_roles where rolname = 'eventdrop_loader') then
        execute 'grant select, insert, update on reconciles to eventdrop_loader';
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_reader') then
        execute 'grant select on reconciles to eventdrop_reader';
    end if;
    if exists (select from pg_roles where rolname = 'eventdrop_owner') then
        begin
            execute 'alter table reconciles owner to eventdrop_owner';
        exception
            when insufficient_privilege then raise notice 'the table reconciles stays with %: it may not give it to eventdrop_owner', current_user;
        end;
    end if;
end $$;
-- +goose StatementEnd

-- +goose Down
drop table reconciles;
